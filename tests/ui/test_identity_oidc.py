"""Signing in elsewhere: an OpenID Connect provider of the tests that also lies, and a proxy's headers."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from jwt.algorithms import RSAAlgorithm
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from ui.accounts import Accounts
from ui.client_address import Proxies
from ui.forms import Forms
from warehouse.errors import UsageError
from warehouse.settings import Settings

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CLIENT = "command-center"
SITE = "http://127.0.0.1:8000"
Claims = dict[str, Any]


class Provider:
    """A provider on this machine. `change` spoils the claims, `encode` the token; codes count once."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.change: Callable[[Claims], None] = lambda claims: None
        self.encode: Callable[[Claims], str] = self.signed
        self.issuer_told = ""
        self.codes: dict[str, dict[str, str]] = {}
        self.challenges_refused = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply(200, provider.document(self.path))

            def do_POST(self) -> None:
                form = {
                    k: v[0]
                    for k, v in parse_qs(self.rfile.read(int(self.headers["content-length"])).decode()).items()
                }
                status, body = provider.token(form, self.headers.get("authorization", ""))
                self._reply(status, body)

            def _reply(self, status: int, body: object) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def document(self, path: str) -> object:
        if path == "/keys":
            public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}
        addresses = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return {"issuer": self.issuer_told or self.issuer, **{k: self.issuer + v for k, v in addresses.items()}}

    def authorize(self, address: str, name: str = "anna", groups: tuple[str, ...] = ("cc-analysts",)) -> str:
        """What its page does once somebody has signed in there; the address it sends the browser back to."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = {**asked, "name": name, "groups": ",".join(groups)}
        return f"{urlsplit(asked['redirect_uri']).path}?code={code}&state={asked['state']}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, object]:
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        expected = "Basic " + base64.b64encode(f"{CLIENT}:client secret".encode()).decode()
        if asked is None or asked["code_challenge"] != challenge or authorization != expected:
            self.challenges_refused += 1
            return 400, {"error": "invalid_grant"}
        now = time.time()
        claims: Claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": f"subject of {asked['name']}", "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "preferred_username": asked["name"],
            "groups": [group for group in asked["groups"].split(",") if group], "plan": "HMO",
        }  # fmt: skip
        self.change(claims)
        return 200, {"id_token": self.encode(claims), "access_token": "x", "token_type": "Bearer"}

    def signed(self, claims: Claims, **header: str) -> str:
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "k1", **header})

    def close(self) -> None:
        self._server.shutdown()


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


class Door:
    """The sign-in pages in front of nothing, with a settings file of the test."""

    def __init__(self, folder: Path, **identity: Any) -> None:
        from ui.people_routes import add_identity, add_people, header_identity, require_identity
        from ui.sessions import Sessions

        server = {"public_url": SITE, "trusted_proxies": ["10.0.0.5"]}
        self.settings = Settings(var=folder, server=server, identity=identity, identity_secret="client secret")  # type: ignore[arg-type]
        require_identity(self.settings)
        self.accounts = Accounts(folder / "users.db", hasher=QUICK)
        self.sessions = Sessions(self.accounts, hours=1, secure=False)
        forms = Forms("a secret of the tests", secure=False)
        self.app = FastAPI()
        add_identity(self.app, self.settings, self.accounts, self.sessions, forms)
        add_people(self.app, self.settings, self.accounts, self.sessions, forms, lambda name: ("HMO",))
        self.app.add_api_route("/me", self._me, methods=["GET"])
        if identity["kind"] == "header":
            from ui.outside_identity import HeaderBinding

            self.app.add_middleware(HeaderBinding, identity=header_identity(self.settings), sessions=self.sessions)

    def browser(self, address: str = "10.0.0.5") -> TestClient:
        return TestClient(self.app, base_url=SITE, follow_redirects=False, client=(address, 40000))

    async def _me(self, request: Any) -> Any:
        return None


ROLES = {"cc-executives": "executive", "cc-analysts": "analyst"}


@pytest.fixture
def door(tmp_path: Path, provider: Provider, chainlit_folder: Path) -> Door:
    return Door(
        tmp_path,
        kind="oidc",
        issuer=provider.issuer,
        client_id=CLIENT,
        roles=ROLES,
        admin_groups=["cc-admins"],
        attributes={"plan_type": "plan"},
    )


def begin(browser: TestClient) -> str:
    """The provider's address that the button leads to."""
    return browser.get("/login/start?next=/users").headers["location"]


def test_the_whole_way_gives_an_account_by_groups_and_a_session(door: Door, provider: Provider) -> None:
    browser = door.browser()
    assert browser.post("/login", data={"name": "a", "password": "b"}).status_code == 405
    assert browser.get("/password").status_code == 404
    back = browser.get(provider.authorize(begin(browser), groups=("other", "cc-analysts", "cc-admins")))
    assert (back.status_code, back.headers["location"]) == (303, "/users")
    account = door.accounts.get("anna")
    assert (account.role, account.is_admin, dict(account.attributes)) == ("analyst", True, {"plan_type": "HMO"})
    assert door.sessions.reader(dict(browser.cookies)) == account
    assert "anna" in browser.get("/users").text
    # A later sign-in brings other groups along: rights follow, and the earlier session ends.
    other = door.browser()
    other.get(provider.authorize(begin(other), groups=("cc-executives",)))
    assert (door.accounts.get("anna").role, door.accounts.get("anna").is_admin) == ("executive", False)
    assert door.sessions.reader(dict(browser.cookies)) is None


def spoiled(**changes: Any) -> Callable[[Claims], None]:
    return lambda claims: claims.update(changes)


def change(**changes: Any) -> Callable[[Provider], None]:
    return lambda provider: setattr(provider, "change", spoiled(**changes))


def without(claim: str) -> Callable[[Provider], None]:
    return lambda provider: setattr(provider, "change", lambda claims: claims.pop(claim))


def encode(how: Callable[[Provider, Claims], str]) -> Callable[[Provider], None]:
    return lambda provider: setattr(provider, "encode", lambda claims: how(provider, claims))


LIES: dict[str, tuple[Callable[[Provider], None], str]] = {
    "wrong nonce": (change(nonce="another"), "nonce_differs"),
    "no nonce": (without("nonce"), "nonce_differs"),
    "wrong audience": (change(aud="another-product"), "InvalidAudienceError"),
    "two audiences, made for the other": (change(aud=[CLIENT, "b"], azp="b"), "other_party"),
    "two audiences without a party": (change(aud=[CLIENT, "b"]), "other_party"),
    "wrong issuer": (change(iss="https://elsewhere.example"), "InvalidIssuerError"),
    "expired": (change(exp=time.time() - 600), "ExpiredSignatureError"),
    "no end": (without("exp"), "MissingRequiredClaimError"),
    "no subject": (without("sub"), "MissingRequiredClaimError"),
    "unsigned": (encode(lambda _, claims: jwt.encode(claims, None, algorithm="none")), "bad_algorithm"),
    "keyed by the shared secret": (
        encode(lambda _, claims: jwt.encode(claims, "client secret" * 4, "HS256", headers={"kid": "k1"})),
        "bad_algorithm",
    ),
    "another key of the same name": (
        encode(lambda p, claims: jwt.encode(claims, p.other_key, "RS256", headers={"kid": "k1"})),
        "InvalidSignatureError",
    ),
    "an unknown key": (encode(lambda p, claims: p.signed(claims, kid="k2")), "unknown_key"),
    "no token": (encode(lambda *_: ""), "DecodeError"),
    "no groups": (change(groups=[]), "no_role"),
    "no row filter": (without("plan"), "no_attribute"),
    "no name": (change(preferred_username=None), "no_name"),
    "a name that is none": (change(preferred_username="<b>"), "UsageError"),
    "another provider's documents": (
        lambda provider: setattr(provider, "issuer_told", "https://elsewhere.example"),
        "issuer_differs",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_reply_that_is_not_right_signs_nobody_in(
    door: Door, provider: Provider, lie: str, caplog: pytest.LogCaptureFixture
) -> None:
    browser = door.browser()
    tell, code = LIES[lie]
    tell(provider)
    with caplog.at_level("WARNING"):
        start = browser.get("/login/start")
        reply = browser.get(provider.authorize(start.headers["location"])) if start.status_code == 303 else start
    assert reply.status_code == 403
    assert 'role="alert"' in reply.text
    assert [record.code for record in caplog.records if hasattr(record, "code")] == [code]
    assert door.accounts.all() == []
    assert "access_token" not in browser.cookies


def test_a_state_counts_once_and_in_its_own_browser_only(door: Door, provider: Provider) -> None:
    victim, attacker = door.browser(), door.browser()
    stolen = provider.authorize(begin(attacker))
    assert victim.get(stolen).status_code == 403, "a sign-in begun elsewhere would make the victim the attacker"
    begin(victim)
    assert victim.get(stolen).status_code == 403
    browser = door.browser()
    back = provider.authorize(begin(browser))
    cookie = browser.cookies["sign_in_state"]
    assert browser.get(back).status_code == 303
    browser.cookies.set("sign_in_state", cookie)
    assert browser.get(back).status_code == 403, "replayed"
    assert browser.get("/login/callback?code=x&state=").status_code == 403
    assert browser.get("/login/callback?error=access_denied").status_code == 403


def test_a_name_of_ours_is_never_taken_over(door: Door, provider: Provider) -> None:
    door.accounts.create_first()
    browser = door.browser()
    reply = browser.get(provider.authorize(begin(browser), name="admin"))
    assert reply.status_code == 403
    assert "belongs to another account" in reply.text
    browser.get(provider.authorize(begin(browser), name="anna"))
    provider.change = spoiled(sub="somebody else")
    assert browser.get(provider.authorize(begin(browser), name="anna")).status_code == 403


def test_somebody_who_was_locked_here_stays_out(door: Door, provider: Provider) -> None:
    browser = door.browser()
    browser.get(provider.authorize(begin(browser)))
    door.accounts.lock("anna")
    assert door.sessions.reader(dict(browser.cookies)) is None
    assert browser.get(provider.authorize(begin(browser))).status_code == 403


def test_a_provider_that_is_down_is_told_kindly(tmp_path: Path, chainlit_folder: Path) -> None:
    door = Door(tmp_path, kind="oidc", issuer="http://127.0.0.1:9", client_id=CLIENT, roles=ROLES)
    assert "cannot be reached" in door.browser().get("/login/start").text
    plain = Door(tmp_path, kind="oidc", issuer="http://provider.example", client_id=CLIENT, roles=ROLES)
    assert "TLS" in plain.browser().get("/login/start").text


@pytest.mark.parametrize(
    ("identity", "server", "missing"),
    [
        ({"kind": "oidc", "issuer": "https://a.example"}, {}, r"identity\.client_id, server\.public_url"),
        ({"kind": "header"}, {}, r"server\.trusted_proxies"),
        ({"attributes": {"shoe_size": "X-Shoe"}}, {}, "shoe_size"),
    ],
)
def test_settings_that_lack_something_are_told_at_start(identity: Any, server: Any, missing: str) -> None:
    from ui.people_routes import require_identity

    with pytest.raises(UsageError, match=missing):
        require_identity(Settings(identity=identity, server=server))


HEADERS = {"x-proxy-secret": "client secret", "x-forwarded-user": "Ben", "x-forwarded-groups": "a, cc-analysts"}


@pytest.fixture
def behind_proxy(tmp_path: Path, chainlit_folder: Path) -> Door:
    return Door(tmp_path, kind="header", roles=ROLES)


def test_a_proxys_headers_sign_in_and_follow_the_person(behind_proxy: Door) -> None:
    browser = behind_proxy.browser()
    assert browser.get("/login?next=/users", headers=HEADERS).headers["location"] == "/users"
    assert behind_proxy.accounts.get("ben").role == "analyst"
    assert browser.get("/purpose", headers=HEADERS).status_code == 200
    other = {**HEADERS, "x-forwarded-user": "carla"}
    assert browser.get("/purpose", headers=other).headers["location"] == "/login?next=/purpose"
    assert browser.get("/purpose").status_code == 403, "a cookie without the proxy's word counts for nothing"


@pytest.mark.parametrize(
    "headers",
    [
        {**HEADERS, "x-proxy-secret": "guessed"},
        {k: v for k, v in HEADERS.items() if k != "x-proxy-secret"},
        {k: v for k, v in HEADERS.items() if k != "x-forwarded-user"},
        [*HEADERS.items(), ("x-forwarded-user", "admin")],
        {**HEADERS, "x-forwarded-groups": "strangers"},
    ],
)
def test_headers_that_nobody_trusted_has_set_sign_nobody_in(behind_proxy: Door, headers: Any) -> None:
    assert behind_proxy.browser().get("/login", headers=headers).status_code == 403
    assert behind_proxy.accounts.all() == []


def test_headers_from_another_address_count_for_nothing(behind_proxy: Door) -> None:
    assert behind_proxy.browser("10.0.0.6").get("/login", headers=HEADERS).status_code == 403
    assert behind_proxy.browser("10.0.0.6").get(
        "/login", headers={**HEADERS, "x-forwarded-for": "10.0.0.5"}
    ).status_code == 403  # fmt: skip


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
        ("10.0.0.5", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.5", "6.6.6.6, 1.2.3.4, 10.0.0.5", "1.2.3.4"),
        ("10.0.0.5", "6.6.6.6, nonsense", "10.0.0.5"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("::ffff:10.0.0.5", "1.2.3.4", "1.2.3.4"),
    ],
)
def test_only_a_trusted_proxy_is_believed_about_addresses(peer: str, forwarded: str, client: str) -> None:
    proxies = Proxies(Settings(server={"trusted_proxies": ["10.0.0.5"]}).server.trusted_proxies)  # type: ignore[arg-type]
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    connection = HTTPConnection({"type": "http", "client": (peer, 1), "headers": headers})
    assert proxies.client(connection) == client
