# SPDX-License-Identifier: MIT
"""A directory that is laid out and updated exactly as the kubelet does it (Kubernetes' atomic_writer.go)."""
import os
import shutil
import subprocess
import time


class ConfigMap:
    """The mount of a ConfigMap or Secret volume.

    update() goes through the steps of AtomicWriter.Write: new timestamp directory, ..data_tmp, rename over ..data,
    links of new names, links of removed names, removal of the old directory.
    """

    def __init__(self, path, content=None, uid=None):
        self.path = str(path)
        self.uid = uid
        self.serial = 0
        os.makedirs(self.path, exist_ok=True)
        if content is not None:
            self.update(content)

    def data(self):
        """Name of the timestamp directory that ..data points to, or None."""
        try:
            return os.readlink(os.path.join(self.path, "..data"))
        except FileNotFoundError:
            return None

    def write_new(self, content):
        """Steps 5 and 6: the new timestamp directory with all files. Returns its name."""
        self.serial += 1
        name = time.strftime("..%Y_%m_%d_%H_%M_%S.", time.gmtime()) + "%09d" % self.serial
        new = os.path.join(self.path, name)
        os.mkdir(new, 0o755)
        for key, text in content.items():
            file = os.path.join(new, key)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "wb") as out:
                out.write(text.encode() if isinstance(text, str) else text)
            if self.uid is not None:
                os.chown(file, self.uid, self.uid)
        return name

    def swap(self, name):
        """Steps 8 and 9: ..data_tmp, then the rename that commits the update."""
        tmp = os.path.join(self.path, "..data_tmp")
        os.symlink(name, tmp)
        os.rename(tmp, os.path.join(self.path, "..data"))

    def link_new(self):
        """Step 10: links of names that are new, by the first element of each."""
        for entry in os.listdir(os.path.join(self.path, self.data())):
            link = os.path.join(self.path, entry)
            if not os.path.islink(link):
                os.symlink(os.path.join("..data", entry), link)

    def unlink_gone(self):
        """Step 11: links whose key is gone."""
        for entry in os.listdir(self.path):
            link = os.path.join(self.path, entry)
            if not entry.startswith("..") and os.path.islink(link) and not os.path.exists(link):
                os.unlink(link)

    def remove(self, old):
        """Step 12: the old timestamp directory, which ends the update."""
        if old:
            shutil.rmtree(os.path.join(self.path, old))

    def update(self, content):
        """A whole update. Unlike the kubelet it writes equal content too: another part of a projected volume changed."""
        old = self.data()
        self.swap(self.write_new(content))
        self.link_new()
        self.unlink_gone()
        self.remove(old)

    def storm(self, count, pause_us):
        """count whole updates of the one key "key" to 1, 2, … count, as fast as a C program can, or with a pause."""
        program = os.path.join(self.path, "..storm")
        build_c(STORM, program)
        subprocess.run([program, self.path, str(count), str(pause_us)], check=True)


def build_c(source, output, *flags):
    """Compile C source text."""
    subprocess.run(["cc", "-O1", "-Wall", "-Werror", "-x", "c", "-", "-o", str(output), *flags], input=source, text=True,
                   check=True)


def in_mounts(*commands):
    """A prefix for Reinit: run these shell commands in its mount namespace before it starts, such as mounts."""
    return ["sh", "-ec", "; ".join((*commands, 'exec "$@"')), "sh"]


# The steps of ConfigMap.update for one key that stays, without the interpreter's time between them.
STORM = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	char name[64], file[128], old[64], text[32];
	ssize_t len;

	must(argc == 4 && chdir(argv[1]) == 0, "storm DIR COUNT PAUSE_US");
	for (int n = 1, count = atoi(argv[2]); n <= count; n++) {
		int fd;

		len = readlink("..data", old, sizeof(old) - 1);
		must(len > 0, "..data");
		old[len] = '\0';
		snprintf(name, sizeof(name), "..2026_01_01_00_00_00.s%d", n);
		must(mkdir(name, 0700) == 0 && chmod(name, 0755) == 0, name);
		snprintf(file, sizeof(file), "%s/key", name);
		fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0644);
		must(fd >= 0 && write(fd, text, snprintf(text, sizeof(text), "%d", n)) > 0, file);
		close(fd);
		must(symlink(name, "..data_tmp") == 0 && rename("..data_tmp", "..data") == 0, "..data");
		snprintf(file, sizeof(file), "%s/key", old);
		must(unlink(file) == 0 && rmdir(old) == 0, old);
		if (atoi(argv[3]) > 0)
			usleep(atoi(argv[3]));
	}
	return 0;
}
"""
