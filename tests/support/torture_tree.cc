// SPDX-License-Identifier: BSD-3-Clause
#include "support/torture_tree.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace kld::test {

namespace {

using namespace std::string_literals;

constexpr std::uint64_t kKiB = 1ULL << 10, kMiB = 1ULL << 20, kGiB = 1ULL << 30;

/// The kernel's binary ACLs: version 2, then tag, permissions and id, little endian.
std::string acl(const std::vector<std::array<std::uint32_t, 3>>& entries) {
    std::string bytes("\x02\0\0\0", 4);
    for (const auto& [tag, permissions, id] : entries) {
        for (const auto number : {tag, permissions})
            bytes += {static_cast<char>(number & 0xff), static_cast<char>(number >> 8)};
        for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(id >> shift & 0xff);
    }
    return bytes;
}

constexpr std::uint32_t kNobody = 0xffffffff;

class Writer {
public:
    Writer(std::string top, const TortureOptions& options) : top_(std::move(top)), options_(options) {}

    Status all() {
        KLD_CHECK(made(::mkdir(top_.c_str(), 0755), ""));
        KLD_CHECK(files());
        KLD_CHECK(sparse());
        KLD_CHECK(links());
        KLD_CHECK(nodes());
        KLD_CHECK(modes_and_owners());
        KLD_CHECK(times());
        KLD_CHECK(names());
        KLD_CHECK(xattrs());
        KLD_CHECK(acls());
        KLD_CHECK(system_paths());
        return set_time("", 1700000000, 123456789);
    }

    std::vector<std::string> left_out{};

private:
    std::string at(const std::string& path) const { return path.empty() ? top_ : top_ + "/" + path; }

    Status made(int result, const std::string& path) const {
        return result == 0 ? Status() : fail(errno_error("torture tree: " + at(path), errno));
    }

    Status directory(const std::string& path) { return made(::mkdir(at(path).c_str(), 0755), path); }

    Status file(const std::string& path, const std::string& bytes) {
        KLD_TRY(const Fd fd, Fd::open(at(path), O_WRONLY | O_CREAT | O_EXCL));
        KLD_CHECK(fd.write_all(bytes));
        return set_time(path, 1600000000 + static_cast<std::int64_t>(bytes.size()),
                        static_cast<long>(bytes.size() % 1000000000));
    }

    Status set_time(const std::string& path, std::int64_t seconds, long nanoseconds) {
        const timespec both[2] = {{static_cast<time_t>(seconds), nanoseconds},
                                  {static_cast<time_t>(seconds), nanoseconds}};
        return made(::utimensat(AT_FDCWD, at(path).c_str(), both, AT_SYMLINK_NOFOLLOW), path);
    }

    Status files() {
        KLD_CHECK(directory("files"));
        constexpr std::array<std::uint64_t, 20> kSizes = {
            0,    1,      111,    112,    113,        511,      512,  513,      4095,         4096,
            4097, 131071, 131072, 131073, 2 * 131072, kMiB - 1, kMiB, kMiB + 1, 3 * kMiB + 5, 20 * kMiB + 777};
        for (const auto size : kSizes)
            KLD_CHECK(file("files/random-" + std::to_string(size), torture_bytes(size, size)));
        KLD_CHECK(file("files/zeros", std::string(600 * kKiB, '\0')));
        std::string text;
        while (text.size() < 2 * kMiB) text += "compressible line " + std::to_string(text.size()) + "\n";
        return file("files/text", text);
    }

    /// Pieces of data in a file that is a hole elsewhere.
    Status sparse_file(const std::string& path, std::uint64_t size, const std::vector<std::uint64_t>& data) {
        KLD_TRY(const Fd fd, Fd::open(at(path), O_WRONLY | O_CREAT | O_EXCL));
        if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return made(-1, path);
        for (const auto offset : data) KLD_CHECK(fd.write_at(torture_bytes(70000, offset + 1), offset));
        return set_time(path, 1650000000, 999999999);
    }

    Status sparse() {
        KLD_CHECK(directory("sparse"));
        KLD_CHECK(sparse_file("sparse/only-hole", 10 * kMiB, {}));
        KLD_CHECK(sparse_file("sparse/hole-first", 8 * kMiB, {8 * kMiB - 70000}));
        KLD_CHECK(sparse_file("sparse/hole-last", 8 * kMiB + 3, {0}));
        KLD_CHECK(sparse_file("sparse/hole-middle", 9 * kMiB, {0, 5 * kMiB + 100}));
        KLD_CHECK(sparse_file("sparse/odd-pieces", 40 * kMiB + 1, {12345, 3 * kMiB - 7, 17 * kMiB + 511, 31 * kMiB}));
        KLD_CHECK(sparse_file("sparse/small", 100 * kKiB, {}));
        if (!options_.huge_file) return {};
        return sparse_file("sparse/huge", 5 * kGiB + 12345, {0, 4 * kGiB - 35000, 5 * kGiB - 100});
    }

    Status symlink(const std::string& path, const std::string& target) {
        KLD_CHECK(made(::symlink(target.c_str(), at(path).c_str()), path));
        return set_time(path, 1500000000, 5);
    }

    Status link(const std::string& from, const std::string& to) {
        return made(::linkat(AT_FDCWD, at(from).c_str(), AT_FDCWD, at(to).c_str(), 0), to);
    }

    Status links() {
        KLD_CHECK(directory("links"));
        KLD_CHECK(directory("links/deeper"));
        KLD_CHECK(file("links/b-first", torture_bytes(5000, 42)));
        KLD_CHECK(link("links/b-first", "links/a-second"));
        KLD_CHECK(link("links/b-first", "links/deeper/third"));
        KLD_CHECK(symlink("links/short", "x"));
        for (const std::size_t length : {std::size_t{60}, std::size_t{200}, std::size_t{1000}, std::size_t{4095}})
            if (const auto done = symlink("links/target-" + std::to_string(length), std::string(length, 't')); !done)
                left_out.push_back("a link with a target of " + std::to_string(length) + " bytes");
        KLD_CHECK(symlink("links/absolute", "/does/not/exist"));
        return link("links/short", "links/short-again");
    }

    Status nodes() {
        KLD_CHECK(directory("nodes"));
        KLD_CHECK(made(::mkfifo(at("nodes/fifo").c_str(), 0640), "nodes/fifo"));
        if (options_.beyond_gnu_tar) KLD_CHECK(link("nodes/fifo", "nodes/fifo-again"));
        if (options_.sockets) {
            // A path of a socket is short; a name relative to the directory always is.
            const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
            const int here = ::open(".", O_PATH | O_CLOEXEC);
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            std::strcpy(address.sun_path, "socket");
            const bool bound = ::chdir(at("nodes").c_str()) == 0 &&
                               ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
            const bool back = ::fchdir(here) == 0;
            ::close(here);
            if (!bound || !back) return made(-1, "nodes/socket");
        }
        if (!options_.devices) return {};
        struct Node {
            const char* name;
            mode_t mode;
            unsigned first, second;
        };
        for (const auto& node : {Node{"nodes/null", S_IFCHR | 0666, 1, 3}, Node{"nodes/disk", S_IFBLK | 0660, 8, 17},
                                 Node{"nodes/large", S_IFBLK | 0600, 4095, 1048575},
                                 Node{"nodes/nvme", S_IFBLK | 0600, 259, 300}, Node{"nodes/whiteout", S_IFCHR, 0, 0}})
            KLD_CHECK(made(::mknod(at(node.name).c_str(), node.mode, makedev(node.first, node.second)), node.name));
        return {};
    }

    Status modes_and_owners() {
        KLD_CHECK(directory("modes"));
        for (const unsigned mode : {0U, 0077U, 0400U, 0444U, 0604U, 0640U, 0644U, 0706U, 0755U, 0777U, 01777U, 02755U,
                                    04755U, 06711U, 07777U}) {
            char name[32];
            std::snprintf(name, sizeof name, "modes/file-%04o", mode);
            KLD_CHECK(file(name, "x"));
            KLD_CHECK(made(::chmod(at(name).c_str(), mode), name));
            std::snprintf(name, sizeof name, "modes/dir-%04o", mode);
            KLD_CHECK(directory(name));
            KLD_CHECK(made(::chmod(at(name).c_str(), mode | (options_.owners ? 0 : 0500)), name));
        }
        if (!options_.owners) return {};
        KLD_CHECK(directory("owners"));
        for (const std::uint32_t id :
             {1U, 1000U, 65534U, 65535U, 65536U, 100000U, 0x7fffffffU, 0x80000000U, 0xfffffffeU}) {
            const std::string name = "owners/id-" + std::to_string(id);
            KLD_CHECK(file(name, "x"));
            KLD_CHECK(made(::chown(at(name).c_str(), id, id), name));
            KLD_CHECK(made(::chmod(at(name).c_str(), 06755), name));
        }
        KLD_CHECK(symlink("owners/link", "id-1"));
        return made(::lchown(at("owners/link").c_str(), 1234, 4321), "owners/link");
    }

    Status times() {
        KLD_CHECK(directory("times"));
        struct When {
            const char* name;
            std::int64_t seconds;
            long nanoseconds;
        };
        for (const auto& when : {When{"times/epoch", 0, 0}, When{"times/one", 1, 1},
                                 When{"times/last", 1234567890, 999999999}, When{"times/y2038", 0x80000001LL, 7},
                                 When{"times/before", -86400, options_.beyond_gnu_tar ? 500000000 : 0},
                                 When{"times/late", 0x200000000LL, 3}}) {
            KLD_CHECK(file(when.name, "x"));
            KLD_CHECK(set_time(when.name, when.seconds, when.nanoseconds));
        }
        return {};
    }

    Status names() {
        KLD_CHECK(directory("names"));
        for (const auto& name :
             {std::string(255, 'n'), "with space"s, "new\nline"s, "tab\ttab"s, "back\\slash"s, "-dash"s, "..."s,
              "\xc3\xbc\xe4\xba\xba\xf0\x9f\x98\x80"s, "not\xff\xfeutf8"s, "\x01\x7f"s, "a'b\"c$d"s})
            KLD_CHECK(file("names/" + name, name));
        std::string deep = "names/deep";
        KLD_CHECK(directory(deep));
        for (int i = 0; i < 40; ++i) KLD_CHECK(directory(deep += "/level-" + std::to_string(i)));
        KLD_CHECK(file(deep + "/bottom", "deep"));
        KLD_CHECK(directory("names/empty"));
        KLD_CHECK(directory("large-directory"));
        for (std::uint64_t i = 0; i < options_.directory_entries; ++i) {
            const std::string name = "large-directory/entry-" + std::to_string(i * 7919 % 1000003);
            const Fd fd(::open(at(name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
            if (!fd.valid()) return made(-1, name);
        }
        return {};
    }

    void xattr(const std::string& path, const std::string& name, const std::string& value) {
        if (::lsetxattr(at(path).c_str(), name.c_str(), value.data(), value.size(), 0) != 0)
            left_out.push_back(name + " of " + std::to_string(value.size()) + " bytes on " + path);
    }

    Status xattrs() {
        KLD_CHECK(directory("xattrs"));
        for (const auto* name : {"several", "capability", "empty", "32k", "over-32k", "64k", "many", "over-64k-in-all"})
            KLD_CHECK(file("xattrs/"s + name, name));
        xattr("xattrs/several", "user.a", "one");
        xattr("xattrs/several", "user.binary", std::string("\0\1\2\xff", 4));
        xattr("xattrs/several", "user." + std::string(200, 'l'), torture_bytes(300, 9));
        xattr("xattrs/several", "trusted.t", "two");
        xattr("xattrs/several", "security.selinux", std::string("system_u:object_r:etc_t:s0\0", 27));
        xattr("xattrs/capability", "security.capability",
              std::string("\1\0\0\2\0\x24\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20));
        xattr("xattrs/empty", "user.empty", "");
        xattr("xattrs/32k", "user.large", torture_bytes(32768, 1));
        xattr("xattrs/over-32k", "user.large", torture_bytes(32769, 2));
        xattr("xattrs/over-32k", "user.small", "beside");
        xattr("xattrs/64k", "user.largest", torture_bytes(65536, 3));
        for (int i = 0; i < 40; ++i)
            xattr("xattrs/many", "user.number-" + std::to_string(i), torture_bytes(90, static_cast<unsigned>(i)));
        for (int i = 0; i < 3; ++i)
            xattr("xattrs/over-64k-in-all", "user.part-" + std::to_string(i),
                  torture_bytes(30000, static_cast<unsigned>(i)));
        xattr("xattrs", "user.on-a-directory", "yes");
        KLD_CHECK(symlink("xattrs/link", "several"));
        xattr("xattrs/link", "security.selinux", "system_u:object_r:link_t:s0");
        xattr("links/target-4095", "trusted.long", torture_bytes(2000, 4));
        xattr("nodes/fifo", "security.selinux", "system_u:object_r:fifo_t:s0");
        for (const auto* name : {"several", "capability", "empty", "32k", "over-32k", "64k", "many", "over-64k-in-all"})
            KLD_CHECK(set_time("xattrs/"s + name, 1400000000, 1));
        return {};
    }

    Status acls() {
        KLD_CHECK(directory("acls"));
        KLD_CHECK(directory("acls/inherit"));
        KLD_CHECK(file("acls/named", "x"));
        KLD_CHECK(made(::chmod(at("acls/named").c_str(), 0640), "acls/named"));
        const auto named = acl({{1, 6, kNobody},
                                {2, 7, 1000},
                                {2, 4, 100000},
                                {4, 4, kNobody},
                                {8, 5, 33},
                                {16, 5, kNobody},
                                {32, 0, kNobody}});
        xattr("acls/named", "system.posix_acl_access", named);
        xattr("acls/inherit", "system.posix_acl_access", named);
        xattr("acls/inherit", "system.posix_acl_default",
              acl({{1, 7, kNobody}, {2, 7, 1000}, {4, 5, kNobody}, {16, 7, kNobody}, {32, 5, kNobody}}));
        return set_time("acls/named", 1400000000, 2);
    }

    /// Paths that datasets of their own take in a layout.
    Status system_paths() {
        for (const auto* path : {"var", "var/log", "var/cache", "home", "home/user", "root"})
            KLD_CHECK(directory(path));
        KLD_CHECK(file("var/log/messages", "log\n"));
        KLD_CHECK(file("var/lib-like", "stays"));
        KLD_CHECK(file("home/user/notes", torture_bytes(200000, 77)));
        KLD_CHECK(link("home/user/notes", "home/user/notes-again"));
        KLD_CHECK(made(::chmod(at("root").c_str(), 0700), "root"));
        xattr("var/log", "user.mountpoint", "yes");
        return set_time("var/log", 1111111111, 111111111);
    }

    std::string top_;
    const TortureOptions& options_;
};

}  // namespace

std::string torture_bytes(std::uint64_t size, std::uint64_t seed) {
    std::string bytes(size, '\0');
    std::uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
    for (auto& byte : bytes) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        byte = static_cast<char>(state >> 32);
    }
    return bytes;
}

Result<std::vector<std::string>> write_torture_tree(const std::string& directory, const TortureOptions& options) {
    const mode_t before = ::umask(022);
    Writer writer(directory, options);
    const Status status = writer.all();
    ::umask(before);
    if (!status) return fail(status.error());
    return writer.left_out;
}

}  // namespace kld::test
