"""The ways to guard a page that are measured: what each adds to nginx's configuration, and what runs behind it.

Each is as small as does the job: one token is known, and it allows one site. What runs outside of nginx is asked with
bearerd's own snippets and answers the same headers, so that nginx has the same work with each.
"""

import os
import pathlib
import shutil
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[3]
PEERS = pathlib.Path(__file__).resolve().parents[1] / "peers"
MODULES = pathlib.Path("/usr/lib/nginx/modules")
CORES = len(os.sched_getaffinity(0))


@dataclass
class Way:
    name: str  # the site's name, and its socket's
    label: str
    server: str = ""  # in its server block
    location: str = ""  # in the guarded location
    http: str = ""  # at nginx's http level
    command: list = None  # what runs; None where nginx decides by itself
    environment: dict = field(default_factory=dict)
    needs: list = field(default_factory=list)  # files and programs
    is_peer: bool = True  # does the whole job, outside of nginx
    ignores_case: bool = False
    forgets_children: bool = False  # has the kernel bury them, so that their time is in no account

    def missing(self):
        """What it needs and this machine has not."""
        return [str(need) for need in self.needs if not (pathlib.Path(need).exists() or shutil.which(need))]


def ways(directory, built, bearerd, token):
    """All of them, in the order of the table. `directory` has the files `token` and `tokens`; `built` the programs."""

    def socket(name):
        return f"{directory}/{name}.sock"

    def asks(name, label, command, question=None, http="", server="", location="", **others):
        """By auth_request, with bearerd's snippets: by `question`, and else over FastCGI."""
        question = snippet("bearerd-auth.conf", "fastcgi_pass bearerd;", question or f"fastcgi_pass unix:{socket(name)};", server)
        return Way(name, label, http=http, server=question + include("bearerd-denied.conf"),
                   location=location + include("bearerd-guard.conf"), command=command, **others)

    def serves(name, *options):
        return [bearerd, "serve", "--tokens", "tokens", "--listen", f"unix:{socket(name)}", "--socket-mode", "0666", *options]

    def in_c(name):
        return [str(built / name), socket(name), token, str(CORES)]

    cache_http, cache_server, cache_location = cache(directory)
    (directory / "peer.js").write_text((PEERS / "peer.js").read_text().replace("AUTHORIZATION", f"Bearer {token}"))
    refuses = "return 401;"
    return [
        Way("nothing", "no check at all"),
        Way("return", "`auth_request` to `return 200`", location="auth_request /check;",
            server="location = /check { internal; return 200; }"),
        Way("map", "`map` and `if`", http=f'map $http_authorization $map_allowed {{ default ""; "Bearer {token}" 1; }}',
            location=f'if ($map_allowed = "") {{ {refuses} }}', ignores_case=True),
        Way("lua", "Lua in nginx", needs=[MODULES / "ngx_http_lua_module.so"], location=f"""access_by_lua_block {{
            if ngx.var.http_authorization ~= "Bearer {token}" then return ngx.exit(401) end
        }}"""),
        Way("njs", "njs in nginx", needs=[MODULES / "ngx_http_js_module.so"],
            http=f"js_path {directory}; js_import peer from peer.js; js_set $njs_allowed peer.allowed;",
            location=f'if ($njs_allowed = "") {{ {refuses} }}'),
        asks("bearerd-cached", "**bearerd**, micro-cache", serves("bearerd-cached", "--cache-ttl", "5"),
             http=cache_http, server=cache_server, location=cache_location, is_peer=False),
        asks("bearerd", "**bearerd**", serves("bearerd"), is_peer=False),
        asks("floor", "the floor: C, bare sockets", in_c("floor"), is_peer=False),
        asks("textbook", "C, libfcgi as its example has it", in_c("textbook")),
        # Go answers no request without its protocol.
        asks("go-fcgi", "Go, `net/http/fcgi`", [str(built / "peer"), "fcgi", socket("go-fcgi")], needs=[built / "peer"],
             server="fastcgi_param SERVER_PROTOCOL $server_protocol;"),
        asks("go-http", "Go, HTTP with keep-alive", [str(built / "peer"), "http", socket("go-http")], needs=[built / "peer"],
             http=f"upstream go-http {{ server unix:{socket('go-http')}; keepalive 64; }}",
             question="""proxy_pass http://go-http;
                proxy_http_version 1.1;
                proxy_set_header Connection "";
                proxy_set_header Content-Length "";
                proxy_pass_request_body off;"""),
        asks("python", "Python, uWSGI",
             ["uwsgi", "--plugin", "python3", "--wsgi-file", str(PEERS / "peer.py"), "--socket", socket("python"),
              "--chmod-socket=666", "--processes", str(CORES), "--disable-logging", "--need-app", "--die-on-term"],
             needs=["uwsgi", "/usr/lib/uwsgi/plugins/python3_plugin.so"], environment={"BENCH_TOKEN": f"{directory}/token"},
             # Its own protocol, which is faster than its FastCGI; the parameters are bearerd's.
             question=f"""uwsgi_pass unix:{socket('python')};
                uwsgi_pass_request_headers off;
                uwsgi_pass_request_body off;
                uwsgi_param HTTP_AUTHORIZATION $bearerd_authorization;
                uwsgi_param REMOTE_ADDR $remote_addr;
                uwsgi_param REQUEST_METHOD $request_method;
                uwsgi_param REQUEST_ID $connection-$connection_requests;
                uwsgi_param REQUEST_URI $request_uri;"""),
        asks("fcgiwrap", "a shell script, fcgiwrap", ["fcgiwrap", "-c", str(CORES), "-s", f"unix:{socket('fcgiwrap')}"],
             needs=["fcgiwrap"], forgets_children=True,
             server=f"fastcgi_param SCRIPT_FILENAME {PEERS}/peer.sh;\nfastcgi_param BENCH_TOKEN {directory}/token;"),
    ]


def cache(directory):
    """bearerd's micro-cache, in a directory on a tmpfs: at the http level, beside fastcgi_pass, in the location."""
    shipped = (ROOT / "nginx/bearerd-cache.conf").read_text()
    return shipped.replace("/run/nginx-bearerd", f"{directory}/kept"), "", "set $bearerd_cache bearerd;\n"


def snippet(name, old, new, more):
    """One of bearerd's, with `new` and `more` where `old` stood."""
    text = (ROOT / "nginx" / name).read_text()
    if text.count(old) != 1:
        raise SystemExit(f"{name} no longer says {old} once")
    return text.replace(old, f"{new}\n{more}")


def include(name):
    return f"\ninclude {ROOT}/nginx/{name};\n"
