#include "base/medium.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/support/scoped_temp_dir.hpp"

namespace coffre {
namespace {

namespace fs = std::filesystem;

// A small copy of what the kernel shows: disks with partitions, device-mapper devices on top of them.
class MediumTest : public ::testing::Test {
protected:
    MediumTest() { swaps(""); }

    void write(const std::string& path, const std::string& text) {
        const fs::path full = tree_ / path;
        fs::create_directories(full.parent_path());
        std::ofstream(full) << text;
    }

    // One line of the mount table.
    void mount(const std::string& device, const std::string& point, const std::string& type,
               const std::string& source) {
        mounts_ += "36 1 " + device + " / " + point + " rw,noatime shared:1 master:2 - " + type + " " +
                   source + " rw\n";
        write("proc/self/mountinfo", mounts_);
    }

    void swaps(const std::string& lines) {
        write("proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" + lines);
    }

    // A block device at sys/devices/<where>, found by number and by name as in the real tree.
    void device(const std::string& where, const std::string& number) {
        write("sys/devices/" + where + "/dev", number + "\n");
        const fs::path real = tree_ / ("sys/devices/" + where);
        for (const std::string& link :
             {"sys/dev/block/" + number, "sys/class/block/" + real.filename().string()}) {
            fs::create_directories(fs::path(tree_ / link).parent_path());
            fs::create_directory_symlink(real, tree_ / link);
        }
    }

    void partition(const std::string& disk, const std::string& name, const std::string& number) {
        device(disk + "/" + name, number);
        write("sys/devices/" + disk + "/" + name + "/partition", "1\n");
    }

    void mapped(const std::string& name, const std::string& number, const std::string& uuid,
                const std::vector<std::string>& slaves, const std::string& label = "") {
        device(name, number);
        write("sys/devices/" + name + "/dm/uuid", uuid + "\n");
        write("sys/devices/" + name + "/dm/name", label + "\n");
        below(name, slaves);
    }

    void below(const std::string& name, const std::vector<std::string>& slaves) {
        const fs::path folder = tree_ / ("sys/devices/" + name + "/slaves");
        fs::create_directories(folder);
        for (const std::string& slave : slaves) {
            const fs::path real = tree_ / ("sys/devices/" + slave);
            fs::create_directory_symlink(real, folder / real.filename());
        }
    }

    MediumKind medium(const std::string& path, unsigned major, unsigned minor) {
        return medium_of_mount(path, major, minor, {tree_ / "proc", tree_ / "sys"});
    }

    // "name serial"
    std::string which(const std::string& path, unsigned major, unsigned minor) {
        const auto info =
            device_of_mount(path, major, minor, {tree_ / "proc", tree_ / "sys", tree_ / "udev"});
        return info.name + " " + info.serial;
    }

    test::ScopedTempDir tree_;
    std::string mounts_;
};

TEST_F(MediumTest, a_plain_disk_and_its_partition_are_clear) {
    device("sda", "8:0");
    partition("sda", "sda1", "8:1");
    mount("8:1", "/", "ext4", "/dev/sda1");
    EXPECT_EQ(medium("/srv/vault", 8, 1), MediumKind::clear);
}

TEST_F(MediumTest, a_luks_device_is_encrypted) {
    device("sda", "8:0");
    partition("sda", "sda1", "8:1");
    mapped("dm-0", "253:0", "CRYPT-LUKS2-0123-root", {"sda/sda1"});
    mount("253:0", "/", "ext4", "/dev/mapper/root");
    EXPECT_EQ(medium("/srv", 253, 0), MediumKind::encrypted);
}

TEST_F(MediumTest, a_volume_on_a_luks_device_is_encrypted) {
    device("sda", "8:0");
    mapped("dm-0", "253:0", "CRYPT-LUKS1-0123-pv", {"sda"});
    mapped("dm-1", "253:1", "LVM-abcdef", {"dm-0"});
    mount("253:1", "/", "xfs", "/dev/mapper/vg-root");
    EXPECT_EQ(medium("/srv", 253, 1), MediumKind::encrypted);
}

TEST_F(MediumTest, a_partition_of_an_encrypted_array_is_encrypted) {
    device("sda", "8:0");
    mapped("dm-0", "253:0", "CRYPT-PLAIN-a", {"sda"});
    device("md0", "9:0");
    below("md0", {"dm-0"});
    partition("md0", "md0p1", "259:0");
    mount("259:0", "/", "ext4", "/dev/md0p1");
    EXPECT_EQ(medium("/", 259, 0), MediumKind::encrypted);
}

TEST_F(MediumTest, one_clear_device_below_makes_the_whole_clear) {
    device("sda", "8:0");
    device("sdb", "8:16");
    mapped("dm-0", "253:0", "CRYPT-LUKS2-0-a", {"sda"});
    mapped("dm-1", "253:1", "LVM-striped", {"dm-0", "sdb"});
    mount("253:1", "/", "ext4", "/dev/mapper/striped");
    EXPECT_EQ(medium("/", 253, 1), MediumKind::clear);
}

TEST_F(MediumTest, an_integrity_layer_encrypts_nothing) {
    device("sda", "8:0");
    mapped("dm-0", "253:0", "CRYPT-INTEGRITY-a", {"sda"});
    mapped("dm-1", "253:1", "CRYPT-VERITY-0-b", {"dm-0"});
    mount("253:1", "/", "ext4", "/dev/mapper/b");
    EXPECT_EQ(medium("/", 253, 1), MediumKind::clear);
}

TEST_F(MediumTest, devices_that_hold_each_other_are_unknown) {
    device("dm-0", "253:0");
    device("dm-1", "253:1");
    below("dm-0", {"dm-1"});
    below("dm-1", {"dm-0"});
    mount("253:0", "/", "ext4", "/dev/dm-0");
    EXPECT_EQ(medium("/", 253, 0), MediumKind::unknown);
}

TEST_F(MediumTest, a_device_missing_from_the_tree_is_unknown) {
    mount("8:1", "/", "ext4", "/dev/sda1");
    EXPECT_EQ(medium("/", 8, 1), MediumKind::unknown);
}

TEST_F(MediumTest, memory_without_swap_is_memory) {
    mount("0:25", "/dev/shm", "tmpfs", "tmpfs");
    mount("0:26", "/ram", "ramfs", "none");
    EXPECT_EQ(medium("/dev/shm/a", 0, 25), MediumKind::memory);
    EXPECT_EQ(medium("/ram", 0, 26), MediumKind::memory);
}

TEST_F(MediumTest, memory_with_clear_swap_is_clear) {
    device("sda", "8:0");
    partition("sda", "sda2", "8:2");
    mount("0:25", "/dev/shm", "tmpfs", "tmpfs");
    swaps("/dev/sda2   partition 1048572 0 -2\n");
    EXPECT_EQ(medium("/dev/shm", 0, 25), MediumKind::clear);
    swaps("/dev/gone   partition 1048572 0 -2\n");
    EXPECT_EQ(medium("/dev/shm", 0, 25), MediumKind::clear);
}

TEST_F(MediumTest, memory_with_encrypted_or_compressed_swap_is_memory) {
    device("sda", "8:0");
    mapped("dm-1", "253:1", "CRYPT-PLAIN-swap", {"sda"}, "swap");
    device("zram0", "252:0");
    mount("0:25", "/dev/shm", "tmpfs", "tmpfs");
    swaps("/dev/dm-1 partition 1 0 -2\n/dev/zram0 partition 1 0 100\n/dev/mapper/swap partition 1 0 -3\n");
    EXPECT_EQ(medium("/dev/shm", 0, 25), MediumKind::memory);
}

TEST_F(MediumTest, every_swap_counts) {
    device("sda", "8:0");
    device("zram0", "252:0");
    mount("0:25", "/dev/shm", "tmpfs", "tmpfs");
    swaps("/dev/zram0 partition 1 0 100\n/dev/sda partition 1 0 -2\n");
    EXPECT_EQ(medium("/dev/shm", 0, 25), MediumKind::clear);
}

TEST_F(MediumTest, compressed_swap_that_writes_back_to_a_device_is_clear) {
    device("zram0", "252:0");
    write("sys/devices/zram0/backing_dev", "none\n");
    mount("0:25", "/dev/shm", "tmpfs", "tmpfs");
    swaps("/dev/zram0 partition 1 0 100\n");
    EXPECT_EQ(medium("/dev/shm", 0, 25), MediumKind::memory);
    write("sys/devices/zram0/backing_dev", "/dev/sda\n");
    EXPECT_EQ(medium("/dev/shm", 0, 25), MediumKind::clear);
}

TEST_F(MediumTest, a_swap_file_is_as_clear_as_what_it_lies_on) {
    device("sda", "8:0");
    mapped("dm-0", "253:0", "CRYPT-LUKS2-0-root", {"sda"});
    mount("253:0", "/", "ext4", "/dev/mapper/root");
    mount("8:0", "/clear\\040disk", "ext4", "/dev/sda");
    mount("0:25", "/dev/shm", "tmpfs", "tmpfs");
    swaps("/swap\\040file file 1 0 -2\n");
    EXPECT_EQ(medium("/dev/shm", 0, 25), MediumKind::memory);
    swaps("/clear\\040disk/swap file 1 0 -2\n");
    EXPECT_EQ(medium("/dev/shm", 0, 25), MediumKind::clear);
}

TEST_F(MediumTest, memory_is_unknown_when_the_swap_table_cannot_be_read) {
    mount("0:25", "/dev/shm", "tmpfs", "tmpfs");
    fs::remove(tree_ / "proc/swaps");
    EXPECT_EQ(medium("/dev/shm", 0, 25), MediumKind::unknown);
}

TEST_F(MediumTest, encrypting_file_systems_are_encrypted) {
    unsigned minor = 40;
    for (const char* type : {"ecryptfs", "fuse.gocryptfs", "fuse.cryfs", "fuse.encfs"}) {
        mount("0:" + std::to_string(++minor), std::string("/mnt/") + type, type, "x");
        EXPECT_EQ(medium(std::string("/mnt/") + type, 0, minor), MediumKind::encrypted) << type;
    }
}

TEST_F(MediumTest, network_and_stacked_file_systems_are_unknown) {
    unsigned minor = 40;
    for (const char* type : {"nfs4", "cifs", "overlay", "fuse.sshfs", "9p", "virtiofs", "zfs"}) {
        mount("0:" + std::to_string(++minor), std::string("/mnt/") + type, type, "host:/x");
        EXPECT_EQ(medium(std::string("/mnt/") + type, 0, minor), MediumKind::unknown) << type;
    }
}

TEST_F(MediumTest, the_device_number_wins_over_the_mount_point) {
    device("sda", "8:0");
    mount("0:25", "/", "tmpfs", "tmpfs");
    mount("8:0", "/", "ext4", "/dev/sda");
    EXPECT_EQ(medium("/x", 0, 25), MediumKind::memory);
    EXPECT_EQ(medium("/x", 8, 0), MediumKind::clear);
}

TEST_F(MediumTest, all_devices_of_a_btrfs_count) {
    device("sda", "8:0");
    device("sdb", "8:16");
    mapped("dm-0", "253:0", "CRYPT-LUKS2-0-a", {"sda"}, "a");
    mapped("dm-1", "253:1", "CRYPT-LUKS2-1-b", {"sdb"}, "b");
    mount("0:30", "/", "btrfs", "/dev/mapper/a");
    EXPECT_EQ(medium("/", 0, 31), MediumKind::unknown);  // its devices are not listed

    const fs::path devices = tree_ / "sys/fs/btrfs/1234/devices";
    fs::create_directories(devices);
    fs::create_directory_symlink(tree_ / "sys/devices/dm-0", devices / "dm-0");
    EXPECT_EQ(medium("/", 0, 31), MediumKind::encrypted);
    fs::create_directory_symlink(tree_ / "sys/devices/dm-1", devices / "dm-1");
    EXPECT_EQ(medium("/", 0, 31), MediumKind::encrypted);
    fs::create_directory_symlink(tree_ / "sys/devices/sdb", devices / "sdb");
    EXPECT_EQ(medium("/", 0, 31), MediumKind::clear);
}

TEST_F(MediumTest, nothing_readable_is_unknown) {
    EXPECT_EQ(medium_of_mount("/x", 8, 1, {tree_ / "none", tree_ / "none"}), MediumKind::unknown);
    EXPECT_EQ(medium_of_mount("/x", 0, 1, {tree_ / "none", tree_ / "none"}), MediumKind::unknown);
    write("proc/self/mountinfo", "\n36 1\n36 1 8:x / / rw - ext4 /dev/sda rw\n36 1 8:1 / / rw ext4\n");
    EXPECT_EQ(medium("/x", 0, 1), MediumKind::unknown);
}

TEST_F(MediumTest, a_disk_is_named_with_the_serial_that_udev_or_the_kernel_tells) {
    device("sda", "8:0");
    partition("sda", "sda1", "8:1");
    mount("8:1", "/media/usb", "vfat", "/dev/sda1");
    EXPECT_EQ(which("/media/usb", 8, 1), "sda1 ");
    write("sys/devices/sda/device/serial", "  SCSI-1 \n");
    EXPECT_EQ(which("/media/usb", 8, 1), "sda1 SCSI-1");
    write("sys/devices/sda/serial", "VIRTIO-1\n");
    EXPECT_EQ(which("/media/usb", 8, 1), "sda1 VIRTIO-1");
    write("udev/b8:0", "S:disk/by-id/x\nE:ID_SERIAL=Maker_Disk_USB-1\n");
    EXPECT_EQ(which("/media/usb", 8, 1), "sda1 Maker_Disk_USB-1");
    write("udev/b8:0", "E:ID_SERIAL=Maker_Disk_USB-1\nE:ID_SERIAL_SHORT=USB-1\n");
    EXPECT_EQ(which("/media/usb", 8, 1), "sda1 USB-1");
}

TEST_F(MediumTest, a_usb_disks_serial_is_found_up_its_tree) {
    device("pci/usb1/1-2/1-2:1.0/host6/block/sdb", "8:16");
    write("sys/devices/pci/usb1/1-2/idVendor", "0781\n");
    write("sys/devices/pci/usb1/1-2/serial", "4C5300\n");
    write("sys/devices/pci/serial", "not this one\n");
    write("sys/devices/pci/idVendor", "1d6b\n");
    fs::create_directory_symlink(tree_ / "sys/devices/pci/usb1/1-2/1-2:1.0/host6",
                                 tree_ / "sys/devices/pci/usb1/1-2/1-2:1.0/host6/block/sdb/device");
    mount("8:16", "/media/usb", "ext4", "/dev/sdb");
    EXPECT_EQ(which("/media/usb", 8, 16), "sdb 4C5300");
}

TEST_F(MediumTest, a_serial_is_that_of_the_one_disk_beneath_and_of_none_where_there_are_several) {
    device("sda", "8:0");
    device("sdb", "8:16");
    write("sys/devices/sda/serial", "A\n");
    write("sys/devices/sdb/serial", "B\n");
    partition("sda", "sda1", "8:1");
    mapped("dm-0", "253:0", "CRYPT-LUKS2-0-a", {"sda/sda1"});
    mapped("dm-1", "253:1", "LVM-striped", {"dm-0", "sdb"});
    mount("253:0", "/one", "ext4", "/dev/mapper/a");
    mount("253:1", "/two", "ext4", "/dev/mapper/striped");
    EXPECT_EQ(which("/one", 253, 0), "dm-0 A");
    EXPECT_EQ(which("/two", 253, 1), "dm-1 ");
}

TEST_F(MediumTest, what_has_no_device_is_named_by_its_source) {
    device("sda", "8:0");
    write("sys/devices/sda/serial", "A\n");
    mount("0:50", "/media/nas", "nfs4", "nas:/export/vault");
    mount("0:30", "/data", "btrfs", "/dev/sda");
    EXPECT_EQ(which("/media/nas", 0, 50), "nas:/export/vault ");
    EXPECT_EQ(which("/data", 0, 30), "sda A");
    EXPECT_EQ(device_of_mount("/x", 8, 1, {tree_ / "none", tree_ / "none", tree_ / "none"}).name, "");
}

TEST(SystemFiles, space_of_tells_the_room_of_a_file_system) {
    const test::ScopedTempDir folder;
    const auto space = system_files().space_of(folder.path());
    ASSERT_TRUE(space);
    EXPECT_GT(space->total_bytes, 0U);
    EXPECT_LE(space->free_bytes, space->total_bytes);
    EXPECT_FALSE(space->read_only);
    EXPECT_THROW(system_files().space_of(folder / "absent"), Error);
    EXPECT_NO_THROW(system_files().device_of(folder.path()));
}

TEST(SystemFiles, medium_of_answers_for_paths_that_are_not_there_yet) {
    const test::ScopedTempDir folder;
    EXPECT_EQ(system_files().medium_of(folder / "not/there/yet"), system_files().medium_of(folder.path()));
    EXPECT_NO_THROW(system_files().medium_of(""));
    EXPECT_EQ(system_files().medium_of("/proc/self"), MediumKind::unknown);
}

}  // namespace
}  // namespace coffre
