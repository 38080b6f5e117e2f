# SPDX-License-Identifier: MIT
"""Real daemons for tests: each with configuration, ports and files of its own below one directory.

A daemon gives what a service block needs: argv, the content of its mount for a page text, a broken content, and page(),
which asks the running daemon for its text. Nothing outside of the directory is read or written but programs and modules.
"""
import os
import shutil
import socket
import urllib.error
import urllib.request

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def program(name):
    return shutil.which(name, path=PATH) or name


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(port, path="/"):
    """The body that a server on loopback gives, or None while there is no answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        return error.read().decode().strip()
    except OSError:
        return None


class Daemon:
    def __init__(self, root):
        self.root = str(root)
        self.port = free_port()
        self.mount = os.path.join(self.root, "config")
        os.chmod(self.root, 0o755)

    def file(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as out:
            out.write(text)
        return path

    def page(self):
        return fetch(self.port)


class Nginx(Daemon):
    """The mount is conf.d alone; nginx.conf and mime.types lie beside it, as in the image, and includes are relative."""

    def __init__(self, root):
        super().__init__(root)
        self.etc = os.path.join(self.root, "etc")
        self.mount = os.path.join(self.etc, "conf.d")
        self.file("etc/mime.types", "types { text/plain txt; }\n")
        self.file("etc/nginx.conf", f"""
            user root;
            worker_processes 1;
            pid {self.root}/nginx.pid;
            error_log stderr;
            events {{ }}
            http {{
                include mime.types;
                access_log off;
                client_body_temp_path {self.root}/body;
                proxy_temp_path {self.root}/proxy;
                fastcgi_temp_path {self.root}/fastcgi;
                uwsgi_temp_path {self.root}/uwsgi;
                scgi_temp_path {self.root}/scgi;
                include conf.d/*.conf;
            }}
            """)
        self.argv = [program("nginx"), "-p", self.etc, "-e", "stderr", "-c", f"{self.etc}/nginx.conf", "-g", "daemon off;"]
        self.validate = [program("nginx"), "-t", "-q", "-e", "stderr", "-p", "%{stage}", "-c", "%{stage}/nginx.conf"]

    def content(self, text):
        return {"site.conf": f"server {{ listen 127.0.0.1:{self.port}; return 200 '{text}'; }}\n"}

    def broken(self):
        return {"site.conf": f"server {{ listen 127.0.0.1:{self.port}; bogus_directive on; }}\n"}


class Apache(Daemon):
    def __init__(self, root):
        super().__init__(root)
        self.argv = [program("apache2"), "-d", self.root, "-f", f"{self.mount}/httpd.conf", "-DFOREGROUND"]
        self.validate = [program("apache2"), "-t", "-d", self.root, "-f", "%{stage}/httpd.conf"]

    def content(self, text):
        modules = "/usr/lib/apache2/modules"
        return {"httpd.conf": f"""
            ServerName localhost
            Listen 127.0.0.1:{self.port}
            PidFile {self.root}/httpd.pid
            DefaultRuntimeDir {self.root}
            ErrorLog /dev/stderr
            User root
            LoadModule mpm_event_module {modules}/mod_mpm_event.so
            LoadModule authz_core_module {modules}/mod_authz_core.so
            LoadModule alias_module {modules}/mod_alias.so
            StartServers 1
            ServerLimit 2
            MinSpareThreads 1
            MaxSpareThreads 25
            ThreadsPerChild 5
            MaxRequestWorkers 10
            GracefulShutdownTimeout 1
            RedirectMatch 410 /
            ErrorDocument 410 "{text}"
            """.replace("User root", "User nobody")}

    def broken(self):
        return {"httpd.conf": self.content("broken")["httpd.conf"] + "BogusDirective on\n"}


class Haproxy(Daemon):
    def __init__(self, root):
        super().__init__(root)
        self.argv = [program("haproxy"), "-W", "-db", "-f", f"{self.mount}/haproxy.cfg"]
        self.validate = [program("haproxy"), "-c", "-f", "%{stage}/haproxy.cfg"]

    def content(self, text):
        return {"haproxy.cfg": f"""
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend web
    bind 127.0.0.1:{self.port}
    http-request return status 200 content-type text/plain string "{text}"
"""}

    def broken(self):
        return {"haproxy.cfg": self.content("broken")["haproxy.cfg"] + "    bogus keyword\n"}


class PhpFpm(Daemon):
    """It answers FastCGI on a socket, so its page is asked for with a few records of that protocol."""

    def __init__(self, root):
        super().__init__(root)
        self.socket = os.path.join(self.root, "php.sock")
        name = program("php-fpm8.2")
        self.argv = [name, "-n", "-F", "-y", f"{self.mount}/fpm.conf"]
        self.validate = [name, "-n", "-t", "-y", "%{stage}/fpm.conf"]

    def content(self, text):
        return {"fpm.conf": f"""
[global]
error_log = /dev/stderr
pid = {self.root}/fpm.pid
process_control_timeout = 5s
[www]
user = nobody
group = nogroup
listen = {self.socket}
pm = static
pm.max_children = 1
ping.path = /ping
ping.response = "{text}"
"""}

    def broken(self):
        return {"fpm.conf": self.content("broken")["fpm.conf"] + "bogus = 1\n"}

    def page(self):
        def record(kind, body):
            return bytes([1, kind, 0, 1]) + len(body).to_bytes(2, "big") + b"\0\0" + body

        params = {"SCRIPT_FILENAME": "/ping", "SCRIPT_NAME": "/ping", "REQUEST_METHOD": "GET"}
        pairs = b"".join(bytes([len(key), len(value)]) + (key + value).encode() for key, value in params.items())
        answer = b""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(self.socket)
                client.sendall(record(1, b"\0\1\0\0\0\0\0\0") + record(4, pairs) + record(4, b"") + record(5, b""))
                while chunk := client.recv(4096):
                    answer += chunk
        except OSError:
            return None
        body = answer.partition(b"\r\n\r\n")[2]
        return body.split(b"\0", 1)[0].split(b"\1", 1)[0].decode().strip() or None


class Prometheus(Daemon):
    """Its page is the value of an external label, which only a reload changes."""

    def __init__(self, root):
        super().__init__(root)
        self.argv = [program("prometheus"), f"--config.file={self.mount}/prometheus.yml",
                     f"--web.listen-address=127.0.0.1:{self.port}", f"--storage.tsdb.path={self.root}/data"]
        self.validate = [program("promtool"), "check", "config", "%{stage}/prometheus.yml"]

    def content(self, text):
        return {"prometheus.yml": f"global:\n  external_labels:\n    text: {text}\n"}

    def broken(self):
        return {"prometheus.yml": "global:\n  bogus: 1\n"}

    def page(self):
        answer = fetch(self.port, "/api/v1/status/config") or ""
        return answer.partition("text: ")[2].partition("\\n")[0] or None
