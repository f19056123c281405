// SPDX-License-Identifier: BSD-3-Clause
// What a disk says when a BIOS starts it: the program in its protective MBR. It is 16-bit code, which the BIOS loads to
// 0:7C00; what runs after it is the key of a person, or nothing.

#define KLD_PLACE(label) ((label) - kld_bios_notice + 0x7c00)

#define KLD_SERIAL_PORT 0x400   // in the BIOS's data area; 0 when there is none
#define KLD_LINE_STATUS 5       // registers of a 16550, from its port on
#define KLD_DATA_READY 0x01
#define KLD_CAN_TAKE 0x20

	.section .rodata
	.globl kld_bios_notice
	.type kld_bios_notice, @object
	.code16
kld_bios_notice:
	ljmp $0, $KLD_PLACE(begin)      // some start it at 7C0:0

begin:
	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %ss
	movw $0x7c00, %sp
	sti
	cld
	movw KLD_SERIAL_PORT, %di       // stays there: 0 as long as nothing is to be sent
	testw %di, %di
	jz print
	movw $KLD_PLACE(serial_setup), %si
	movw $((serial_setup_end - serial_setup) / 2), %cx
set_up:
	lodsw
	movw %di, %dx
	addb %ah, %dl
	outb %al, %dx
	loop set_up

print:
	movw $KLD_PLACE(text), %si
next:
	lodsb
	testb %al, %al
	jz wait
	pushaw                          // there are BIOSes that keep none
	movb $0x0e, %ah
	movw $7, %bx
	int $0x10
	popaw
	testw %di, %di
	jz next
	movb %al, %ah
	leaw KLD_LINE_STATUS(%di), %dx
	xorw %cx, %cx                   // 65536 looks: a hundred times what a letter takes
until_taken:
	inb %dx, %al
	testb $KLD_CAN_TAKE, %al
	jnz send
	loop until_taken
	xorw %di, %di
	jmp next
send:
	movb %ah, %al
	movw %di, %dx
	outb %al, %dx
	jmp next

wait:
	hlt                             // the clock ends it 18 times a second
	pushaw
	movb $0x01, %ah
	int $0x16
	popaw
	jnz typed
	testw %di, %di
	jz wait
	leaw KLD_LINE_STATUS(%di), %dx
	inb %dx, %al
	cmpb $0xff, %al                 // what is not there any more
	je wait
	testb $KLD_DATA_READY, %al
	jz wait
	movw %di, %dx
	inb %dx, %al
	jmp leave
typed:
	movb $0x00, %ah
	int $0x16
leave:
	int $0x18                       // the next device
halt:
	hlt
	jmp halt

// Value and register: 115200 baud, 8 bits, no parity; buffers on and empty; ready.
serial_setup:
	.byte 0x80, 3, 1, 0, 0, 1, 3, 3, 7, 2, 3, 4
serial_setup_end:

text:
	.ascii "\r\nkldload: this disk starts by UEFI, and this machine has started it by BIOS.\r\n"
	.ascii "Choose UEFI (EFI) in the setup of the firmware or of the virtual machine.\r\n"
	.asciz "Any key tries the next device.\r\n"

	.org kld_bios_notice + 440      // an error when it is longer: the partition table follows
	.size kld_bios_notice, . - kld_bios_notice
	.section .note.GNU-stack, "", @progbits
