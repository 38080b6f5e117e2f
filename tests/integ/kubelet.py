# SPDX-License-Identifier: MIT
"""A directory that is laid out and updated exactly as the kubelet does it (Kubernetes' atomic_writer.go)."""
import os
import shutil
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
