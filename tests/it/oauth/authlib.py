"""Signs somebody in with Authlib: code with PKCE, ID token, userinfo, refresh, introspection, revocation.

Arguments: address, issuer, client id, secret, user, password.
"""
import os
import re
import sys
from html import unescape
from urllib.parse import parse_qs, urljoin, urlparse

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oidc.core import CodeIDToken

base, issuer, client_id, secret, user, password = sys.argv[1:7]
known = requests.get(base + "/.well-known/openid-configuration").json()
assert known["issuer"] == issuer, known


def here(name):
    """The server is reached by another address than the one by which people know it."""
    assert known[name].startswith(issuer + "/"), known
    return base + known[name][len(issuer):]


def form(page):
    fields = re.findall(r'<input id="([^"]*)" name="\1"[^>]* value="([^"]*)"', page)
    return {name: unescape(value) for name, value in fields}


def browse(address, answer):
    browser = requests.Session()
    page = browser.get(address)
    fields = form(page.text)
    assert set(fields) == {"to", "username", "password", "code"}, fields
    fields.update(username=user, password=password)
    page = browser.post(page.url.split("?")[0], data=fields)
    assert "Know that it is you" in page.text, page.text
    fields = form(page.text)
    sent = browser.post(urljoin(page.url, "authorize"), data={**fields, "answer": answer}, allow_redirects=False)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def sign_in(method):
    redirect = "http://127.0.0.1:54321/done"
    scope = "openid profile email groups read:user"
    client = OAuth2Session(client_id, secret, scope=scope, redirect_uri=redirect, code_challenge_method="S256", token_endpoint_auth_method=method)
    verifier, nonce = generate_token(48), generate_token()
    address, state = client.create_authorization_url(here("authorization_endpoint"), code_verifier=verifier, nonce=nonce)
    back = browse(address, "allow")
    answer = parse_qs(urlparse(back).query)
    assert answer["iss"] == [issuer] and answer["state"] == [state], back
    token = client.fetch_token(here("token_endpoint"), authorization_response=back, code_verifier=verifier)
    keys = JsonWebKey.import_key_set(requests.get(here("jwks_uri")).json())
    options = {"iss": {"values": [issuer]}, "aud": {"values": [client_id]}}
    params = {"nonce": nonce, "client_id": client_id, "access_token": token["access_token"]}
    algorithms = known["id_token_signing_alg_values_supported"]
    claims = JsonWebToken(algorithms).decode(token["id_token"], keys, CodeIDToken, options, params)
    claims.validate()
    assert claims["preferred_username"] == user and claims["email_verified"] is True, claims
    assert claims["groups"] == ["smiths", "smiths:owners"], claims
    told = client.get(here("userinfo_endpoint")).json()
    for name in ["sub", "preferred_username", "email", "groups"]:
        assert told[name] == claims[name], (name, told)
    assert client.get(base + "/api/v1/user").json()["login"] == user
    client.refresh_token(here("token_endpoint"))
    assert client.get(base + "/api/v1/user").status_code == 200
    assert client.introspect_token(here("introspection_endpoint"), token=client.token["access_token"]).json()["active"] is True
    assert client.revoke_token(here("revocation_endpoint"), token=client.token["refresh_token"]).status_code == 200
    assert client.get(base + "/api/v1/user").status_code == 401


for method in known["token_endpoint_auth_methods_supported"][:2]:
    sign_in(method)
