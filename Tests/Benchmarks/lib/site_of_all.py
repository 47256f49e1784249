"""One nginx with a site for each way, all on one port and told apart by their names."""

import os
import pathlib
import time

import load
from processes import Program, cpu_of
from ways import MODULES


class Site:
    """nginx, until the `with` ends. `directory` has the file `token`."""

    def __init__(self, directory, port, ways, wrapper=()):
        self.directory, self.port = directory, port
        self.authorization = "Bearer " + (directory / "token").read_text().strip()
        (directory / "site").mkdir(exist_ok=True)
        (directory / "site/page.html").write_text("Only applications may read this.\n")
        os.chmod(directory / "site", 0o755)
        os.chmod(directory / "site/page.html", 0o644)
        (directory / "nginx.conf").write_text(configuration(directory, port, ways))
        self.nginx = Program("nginx", [*wrapper, "nginx", "-p", str(directory), "-c", "nginx.conf", "-e", "nginx.log"], directory)

    def __enter__(self):
        wait_until(lambda: load.status(self.port, "nothing") == 200, self.nginx)
        return self

    def __exit__(self, *_):
        self.nginx.stop()

    def cpu(self):
        return sum(map(cpu_of, self.nginx.tree()))

    def opens(self, way, authorization):
        return load.status(self.port, way.name, authorization) == 200

    def start(self, way, wrapper=()):
        """The way's program, when nginx gets its first answer, and the milliseconds until then."""
        # None of the last round.
        (self.directory / f"{way.name}.sock").unlink(missing_ok=True)
        began = time.monotonic()
        program = Program(way.name, [*wrapper, *way.command], self.directory, way.environment, stdin=self.directory / "token")
        try:
            wait_until(lambda: self.opens(way, self.authorization), program)
        except BaseException:
            program.stop()
            raise
        return program, (time.monotonic() - began) * 1e3


def configuration(directory, port, ways):
    # Lua wants ndk before it.
    modules = [MODULES / f"{name}_module.so" for name in ["ndk_http", "ngx_http_lua", "ngx_http_js"]]
    servers = "".join(f"""
    server {{
        listen 127.0.0.1:{port};
        server_name {way.name};
        root {directory}/site;
        {way.server}
        location / {{
            {way.location}
        }}
    }}""" for way in ways)
    return f"""
{"".join(f"load_module {module};" for module in modules if module.exists())}
{"user www-data;" if os.getuid() == 0 else ""}
daemon off;
pid {directory}/nginx.pid;
worker_processes auto;
events {{
}}
http {{
    access_log off;
    map_hash_bucket_size 256;
    keepalive_requests 1000000000;
    client_body_temp_path {directory}/temp-body;
    proxy_temp_path {directory}/temp-proxy;
    fastcgi_temp_path {directory}/temp-fastcgi;
    uwsgi_temp_path {directory}/temp-uwsgi;
    scgi_temp_path {directory}/temp-scgi;
    {"".join(way.http for way in ways)}
    {servers}
}}
"""


def wait_until(condition, program):
    """Tries as often as it can, for half a minute."""
    deadline = time.monotonic() + 30
    while not condition():
        if program.process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{program.process.args[0]} does not answer: {program.said()}")
        time.sleep(0.0002)
