#!/usr/bin/python3
"""Plays the application that installs a plugin: what it reads, what it checks, and how it calls the API.

    installer.py install APPLICATION SITE            reads and checks; prints the verification token it issues
    installer.py activate APPLICATION SITE TOKEN     looks for that token in the manifest, then calls the API with
                                                     the service access token on standard input

--connect HOST:PORT connects there instead of to SITE's host, and --ca FILE trusts another certificate authority, for a
site that is only tested.
"""

import argparse
import http.client
import json
import secrets
import socket
import ssl
import sys
from urllib.parse import urlsplit

# The page of the application in which a person installs the plugin.
ORIGIN = "https://install.example"
# The timeouts of such applications: for manifest and OpenAPI file, and for a call.
READING, CALLING = 15, 45
REQUIRED = [
    "schema_version", "name_for_model", "name_for_human", "description_for_model", "description_for_human",
    "auth", "api", "logo_url", "contact_email", "legal_info_url",
]  # fmt: skip


class Rejected(Exception):
    """The plugin cannot be installed, and why."""


def expect(condition, otherwise):
    if not condition:
        raise Rejected(otherwise)


def done(text):
    print(f"  {text}", file=sys.stderr)


class Site:
    """Sends HTTPS requests to a site, possibly at another address."""

    def __init__(self, url, address=None, authority=None):
        self.host = urlsplit(url).hostname
        self.address = address or (self.host, 443)
        self.context = ssl.create_default_context(cafile=authority)

    def request(self, method, url, headers={}, body=None, timeout=READING):
        """The response and its body. The URL may be a path."""
        parts = urlsplit(url)
        host = parts.hostname or self.host
        expect(host == self.host and parts.scheme in ("", "https"), f"{url} is not on {self.host}")
        with socket.create_connection(self.address, timeout) as plain:
            connection = http.client.HTTPConnection(host, timeout=timeout)
            connection.sock = self.context.wrap_socket(plain, server_hostname=host)
            with connection.sock:
                connection.request(method, parts.path or "/", body, headers)
                response = connection.getresponse()
                return response, response.read()

    def public(self, url):
        """The body of a public file, which a page at ORIGIN may read."""
        response, body = self.request("GET", url, {"Origin": ORIGIN})
        expect(response.status == 200, f"{url} answers {response.status}: it must be public")
        readers = response.headers.get("Access-Control-Allow-Origin")
        expect(readers in ("*", ORIGIN), f"{url} may not be read by a page at {ORIGIN}: CORS says {readers}")
        done(f"GET {url}  200, for the page at {ORIGIN} too")
        return body

    def public_json(self, url):
        try:
            return json.loads(self.public(url))
        except ValueError as error:
            raise Rejected(f"{url} is not valid JSON: {error}") from None


def read_plugin(site):
    """The manifest and the OpenAPI file, checked."""
    manifest = site.public_json("/.well-known/ai-plugin.json")
    missing = [name for name in REQUIRED if not manifest.get(name)]
    expect(not missing, f"the manifest lacks {', '.join(missing)}")
    auth = manifest["auth"]
    expect(auth.get("type") == "service_http", "auth.type is not service_http")
    expect(auth.get("authorization_type") == "bearer", "auth.authorization_type is not bearer")
    specification = site.public_json(manifest["api"]["url"])
    expect(specification.get("openapi", "").startswith("3."), "api.url is not an OpenAPI 3 file")
    for url in (manifest["logo_url"], manifest["legal_info_url"]):
        site.public(url)
    return manifest, specification


def operations(specification, method):
    server = specification["servers"][0]["url"]
    return [server + path for path, methods in specification["paths"].items() if method in methods]


def install(site):
    _, specification = read_plugin(site)
    for url in operations(specification, "get"):
        response, _ = site.request("GET", url)
        challenge = response.headers.get("WWW-Authenticate", "")
        expect(
            response.status == 401 and challenge.startswith("Bearer "),
            f"without a token {url} answers {response.status}: the API is not protected",
        )
        done(f"GET {url}  401, {challenge}")
    # Issued by the application, published by the site: it proves who owns the site, and gives no access.
    print(secrets.token_hex(16))


def activate(site, application, verification_token):
    manifest, specification = read_plugin(site)
    found = manifest["auth"].get("verification_tokens", {}).get(application)
    expect(found == verification_token, f"the manifest holds no verification token of {application}, or another")
    done(f"verification_tokens.{application} is the one that was issued")
    bearer = {"Authorization": f"Bearer {sys.stdin.readline().strip()}", "Content-Type": "application/json"}
    bodies = {"get": None, "post": json.dumps({"text": f"What {application} must not forget"})}
    for method in ("post", "get"):
        for url in operations(specification, method):
            response, body = site.request(method.upper(), url, bearer, bodies[method], CALLING)
            expect(response.status in (200, 201), f"{method.upper()} {url} answers {response.status}")
            done(f"{method.upper()} {url}  {response.status} {body.decode().strip()}")
            if "application" in json.loads(body):
                expect(json.loads(body)["application"] == application, "the site knows this client under another name")
    # The published value must not give access.
    response, _ = site.request("GET", url, {"Authorization": f"Bearer {verification_token}"})
    expect(response.status == 401, f"the verification token, which is public, gives access to {url}")
    done(f"GET {url}  401 with the verification token in place of the secret")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=["install", "activate"])
    parser.add_argument("application")
    parser.add_argument("site")
    parser.add_argument("verification_token", nargs="?")
    parser.add_argument("--connect")
    parser.add_argument("--ca")
    arguments = parser.parse_args()
    address = arguments.connect.rsplit(":", 1) if arguments.connect else None
    site = Site(arguments.site, address, arguments.ca)
    try:
        if arguments.step == "install":
            install(site)
        else:
            activate(site, arguments.application, arguments.verification_token)
    except (Rejected, OSError, http.client.HTTPException) as error:
        sys.exit(f"{arguments.application}: {error}")


if __name__ == "__main__":
    main()
