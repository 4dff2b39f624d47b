"""OpenID Connect, the relying party's side: authorization code with PKCE, state and nonce; the ID token verified.

Nothing is fetched before somebody signs in. The provider's documents are kept for an hour.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
from jwt import PyJWK, PyJWKSet

from ui.outside_identity import Vouched
from warehouse.errors import CommandCenterError
from warehouse.settings import Identity

CALLBACK = "/login/callback"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that only the provider can make: nothing unsigned, nothing keyed by a secret that both sides know."""
FLOW_SECONDS = 600
MOST_FLOWS = 5_000
_DOCUMENTS_SECONDS = 3600
_NEW_KEYS_SECONDS = 60
_LEEWAY_SECONDS = 60
_TIMEOUT_SECONDS = 10
_MOST_BYTES = 1_000_000


class SignInFailed(CommandCenterError):
    """The provider's sign-in did not work out; `what` is for the person, `code` for the log."""

    def __init__(self, code: str, what: str) -> None:
        self.code = code
        super().__init__(
            what, where="sign-in", next_step="Try again; if it keeps happening, ask an administrator."
        )


@dataclass(frozen=True)
class Flow:
    """A sign-in under way: what must come back, and where to go then."""

    nonce: str
    verifier: str
    onward: str
    until: float


class Provider:
    """The provider's documents: its addresses and its signing keys."""

    def __init__(self, issuer: str, http: httpx.Client, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, PyJWKSet] | None = None

    def metadata(self) -> dict[str, Any]:
        """Its configuration. Raises SignInFailed when it cannot be read or speaks of another issuer."""
        with self._lock:
            if self._metadata is None or self._clock() - self._metadata[0] > _DOCUMENTS_SECONDS:
                found = self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self._issuer:
                    raise SignInFailed(
                        "issuer_differs", "The sign-in provider gives another name than configured."
                    )
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    _require_safe(str(found.get(name, "")))
                self._metadata = (self._clock(), found)
            return self._metadata[1]

    def key(self, key_id: str | None) -> PyJWK:
        """The signing key of that id; an unknown id means new keys, looked for once a minute at most."""
        address = str(self.metadata()["jwks_uri"])
        with self._lock:
            found = _pick(self._keys[1], key_id) if self._keys else None
            age = self._clock() - self._keys[0] if self._keys else _DOCUMENTS_SECONDS + 1
            if age > (_DOCUMENTS_SECONDS if found else _NEW_KEYS_SECONDS):
                self._keys = (self._clock(), self._read_keys(address))
                found = _pick(self._keys[1], key_id)
        if found is None:
            raise SignInFailed("unknown_key", "The sign-in provider signed with a key that it does not publish.")
        return found

    def redeem(self, form: dict[str, str], secret: str) -> dict[str, Any]:
        """Exchange a code for tokens."""
        endpoint = str(self.metadata()["token_endpoint"])
        auth = httpx.BasicAuth(form["client_id"], secret) if secret else None
        try:
            response = self._http.post(endpoint, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
        except httpx.HTTPError as error:
            raise _unreachable() from error
        if response.status_code != 200:
            raise SignInFailed("code_refused", "The sign-in provider did not accept this sign-in.")
        return _document(response)

    def _read_keys(self, address: str) -> PyJWKSet:
        try:
            return PyJWKSet.from_dict(self._get(address))
        except (jwt.PyJWTError, KeyError, TypeError, AttributeError) as error:
            raise SignInFailed("bad_keys", "The sign-in provider's keys cannot be read.") from error

    def _get(self, address: str) -> dict[str, Any]:
        _require_safe(address)
        try:
            response = self._http.get(address)
        except httpx.HTTPError as error:
            raise _unreachable() from error
        if response.status_code != 200:
            raise _unreachable()
        return _document(response)


class Oidc:
    """One client at one provider. `redirect_uri` is ours, as registered there; `secret` may be empty (public)."""

    def __init__(
        self,
        identity: Identity,
        redirect_uri: str,
        secret: str = "",
        *,
        http: httpx.Client | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._identity = identity
        self._redirect_uri = redirect_uri
        self._secret = secret
        self._clock = clock
        self._http = http or httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False)
        self._provider = Provider(identity.issuer, self._http, clock)
        self._flows: OrderedDict[str, Flow] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, onward: str) -> tuple[str, str]:
        """Start a sign-in: the provider's address to go to, and the state that the browser must bring back."""
        endpoint = str(self._provider.metadata()["authorization_endpoint"])
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        flow = Flow(secrets.token_urlsafe(32), verifier, onward, self._clock() + FLOW_SECONDS)
        with self._lock:
            self._flows[state] = flow
            while len(self._flows) > MOST_FLOWS:
                self._flows.popitem(last=False)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._identity.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._identity.scopes,
            "state": state,
            "nonce": flow.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}", state

    def finish(self, code: str, state: str, browser_state: str, issuer: str = "") -> tuple[Vouched, str]:
        """End a sign-in: who it is and where to go. A state counts once and in one browser only.

        `issuer` is the `iss` of the reply, which some providers send. Raises SignInFailed.
        """
        flow = self._taken(state, browser_state)
        if issuer and issuer != self._identity.issuer:
            raise SignInFailed("issuer_differs", "The reply came from another sign-in provider.")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._identity.client_id,
            "code_verifier": flow.verifier,
        }
        token = self._provider.redeem(form, self._secret).get("id_token")
        return self._vouched(self._claims(str(token or ""), flow.nonce)), flow.onward

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def _taken(self, state: str, browser_state: str) -> Flow:
        if not state or not hmac.compare_digest(state.encode(), browser_state.encode()):
            raise SignInFailed("state_differs", "This sign-in was begun in another browser, or long ago.")
        with self._lock:
            flow = self._flows.pop(state, None)
        if flow is None or self._clock() > flow.until:
            raise SignInFailed("state_unknown", "This sign-in was begun too long ago, or has been used already.")
        return flow

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS:
                raise SignInFailed("bad_algorithm", "The sign-in provider's reply is not signed as it must be.")
            key = self._provider.key(header.get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                audience=self._identity.client_id,
                issuer=self._identity.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "aud", "iss", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise SignInFailed(
                type(error).__name__, "The sign-in provider's reply is not valid or not for this product."
            ) from error
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise SignInFailed("nonce_differs", "The sign-in provider's reply belongs to another sign-in.")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self._identity.client_id:
            raise SignInFailed("other_party", "The sign-in provider's reply was made for another product.")
        return claims

    def _vouched(self, claims: dict[str, Any]) -> Vouched:
        identity = self._identity
        name = claims.get(identity.user_claim)
        if not isinstance(name, str) or not name.strip():
            raise SignInFailed("no_name", f"The sign-in provider's reply has no {identity.user_claim}.")
        groups = claims.get(identity.groups_claim, [])
        groups = [groups] if isinstance(groups, str) else groups
        named = tuple(group for group in groups if isinstance(group, str)) if isinstance(groups, list) else ()
        attributes = {key: str(claims.get(claim) or "") for key, claim in identity.attributes.items()}
        return Vouched(name.strip().lower(), f"{identity.issuer}|{claims['sub']}", named, attributes)


def _pick(keys: PyJWKSet, key_id: str | None) -> PyJWK | None:
    usable = [key for key in keys.keys if key.public_key_use in (None, "sig")]
    if key_id is None:
        return usable[0] if len(usable) == 1 else None
    return next((key for key in usable if key.key_id == key_id), None)


def _document(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json() if len(response.content) <= _MOST_BYTES else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SignInFailed("bad_reply", "The sign-in provider's reply cannot be read.")
    return found


def _require_safe(address: str) -> None:
    """TLS, except on this very machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")):
        raise SignInFailed("no_tls", "The sign-in provider is not reached by TLS.")


def _unreachable() -> SignInFailed:
    return SignInFailed("unreachable", "The sign-in provider cannot be reached.")
