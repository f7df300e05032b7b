"""A hub as its users meet it: the process, a PostgreSQL server for it, people who ask it over HTTP. Standard library only."""

import contextlib
import glob
import http.client
import json
import os
import re
import secrets
import socket
import subprocess
import tempfile
import time

from measure import Broken

PASSWORD = "correct horse battery staple"
API = "/api/v1"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def postgres(work):
    """A PostgreSQL server of its own on a unix socket; gives the function that makes an empty database and tells its URL."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if not found:
        raise Broken("PostgreSQL's server is needed (Debian: postgresql-15)")
    folder, port = tempfile.mkdtemp(prefix="pg-", dir=work), free_port()
    # The server refuses to run as root.
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_postgres:
        os.chmod(work, 0o755)
        subprocess.run(["chown", "postgres", folder], check=True)
    data, log = os.path.join(folder, "data"), os.path.join(folder, "log")
    init = [*as_postgres, f"{found[-1]}/initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"]
    made = subprocess.run(init, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if made.returncode != 0:
        raise Broken(f"initdb: {made.stdout[-500:]}")
    with open(log, "wb") as out:
        # Its defaults are those of a small machine; what is acknowledged is on disk, as in production.
        command = [f"{found[-1]}/postgres", "-D", data, "-k", folder, "-p", str(port), "-c", "listen_addresses=", "-c", "shared_buffers=256MB"]
        server = subprocess.Popen([*as_postgres, *command], cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def psql(database, sql):
        asked = [f"{found[-1]}/psql", "-h", folder, "-p", str(port), "-U", "postgres", "-d", database, "-AtX", "-v", "ON_ERROR_STOP=1", "-c", sql]
        done = subprocess.run(asked, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Broken(f"psql: {done.stderr.strip()}")
        return [line.split("|") for line in done.stdout.splitlines()]

    def database():
        name = f"hub{secrets.token_hex(4)}"
        psql("postgres", f"CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
        return f"postgres:///{name}?host={folder}&port={port}&user=postgres", lambda sql: psql(name, sql)

    try:
        for _ in range(300):
            if server.poll() is not None:
                raise Broken(f"PostgreSQL ended with {server.returncode}; see {log}")
            with contextlib.suppress(Broken):
                psql("postgres", "SELECT 1")
                break
            time.sleep(0.1)
        else:
            raise Broken("PostgreSQL does not answer")
        yield database
    finally:
        # The server of a `runuser` is its child: the signal goes to the one that writes the pid file.
        with contextlib.suppress(OSError, ValueError), open(os.path.join(data, "postmaster.pid"), encoding="utf-8") as file:
            os.kill(int(file.readline()), 2)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(30)
        if server.poll() is None:
            server.kill()


class Answer:
    def __init__(self, status, headers, body, took):
        self.status, self.headers, self.body, self.took = status, headers, body, took

    def json(self):
        return json.loads(self.body)

    def ok(self, *statuses):
        """The value; the status must be one of these."""
        if self.status not in (statuses or (200,)):
            raise Broken(f"status {self.status}: {self.body[:500].decode(errors='replace')}")
        return self.json() if self.body else None


class Client:
    """Somebody who asks, over one connection that is kept. `took` of an answer is seconds until its last byte was there."""

    def __init__(self, port, cookie=None, token=None):
        self.port, self.cookie, self.token = port, cookie, token
        self.connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def headers(self):
        headers = {"X-Seawall-Request": "1", "Accept-Encoding": "gzip"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    def ask(self, method, path, body=None, headers=None):
        data = None if body is None else json.dumps(body).encode()
        sent = self.headers() | ({"Content-Type": "application/json"} if data else {}) | (headers or {})
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
                # A header and a body in two writes must not wait for each other.
                self.connection.connect()
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            begin = time.perf_counter()
            try:
                self.connection.request(method, path, body=data, headers=sent)
                response = self.connection.getresponse()
                text = response.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # The hub closed a connection that was idle; once is no error.
                self.close()
                if attempt == 2:
                    raise
                continue
            took = time.perf_counter() - begin
            if response.headers.get("Content-Encoding") == "gzip":
                import gzip

                text = gzip.decompress(text)
            return Answer(response.status, response.headers, text, took)
        raise AssertionError("unreachable")

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body=None):
        return self.ask("POST", path, {} if body is None else body)


class Hub:
    """`seawall hub` on a free port of this machine, with its data in `folder`."""

    def __init__(self, program, folder, store, workers=None):
        self.folder, self.log = folder, os.path.join(folder, "hub.log")
        command = [program, "hub", "--listen", "127.0.0.1:0", "--store", store, "--log", "warn", "--log-format", "json"]
        if workers:
            command += ["--workers", str(workers)]
        environment = {**os.environ, "SEAWALL_DATA_DIR": folder, "SEAWALL_CACHE_DIR": os.path.join(folder, "cache")}
        begin = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        said = []
        self.port, self.link = None, None
        for line in self.process.stdout:
            said.append(line)
            if found := re.match(r"Console\s+https?://[^:]+:(\d+)", line):
                self.port = int(found[1])
            if found := re.match(r"Set-up link\s+\S+#(\S+)", line):
                self.link = found[1]
            # The link is the last thing said of a store without users; a store with users has none.
            if self.port and (self.link or os.path.exists(os.path.join(folder, "has-owner"))):
                break
        if not self.port:
            self.process.wait()
            raise Broken(f"the hub did not start: {''.join(said)}{self.tail()}")
        self.started = time.monotonic() - begin

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]

    def owner(self):
        """The first owner, made by the set-up link; or logged in."""
        mark = os.path.join(self.folder, "has-owner")
        client = Client(self.port)
        if self.link:
            answer = client.post(f"{API}/setup", {"link": self.link, "name": "root", "password": PASSWORD})
            answer.ok(201)
            with open(mark, "w", encoding="utf-8"):
                pass
        else:
            answer = client.post(f"{API}/login", {"name": "root", "password": PASSWORD})
            answer.ok(200)
        client.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return client

    def resident(self):
        """MB (10^6 bytes) that the process has in memory now."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024 / 1e6
        raise Broken("the hub is not there")

    def cpu(self):
        """Seconds of processor time that it used."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settle(self, at_most, quiet=5):
        """Waits until it has nothing to do: under 3 % of a processor for `quiet` seconds. Says how long that took."""
        begin, calm = time.monotonic(), 0
        while time.monotonic() - begin < at_most:
            before = self.cpu()
            time.sleep(1)
            calm = calm + 1 if self.cpu() - before < 0.03 else 0
            if calm >= quiet:
                return time.monotonic() - begin - quiet
        raise Broken(f"the hub still works after {at_most} s")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Broken("the hub did not stop within 60 s") from None
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        elif self.process.poll() is None:
            self.process.kill()
            self.process.wait()
