"""What an owner's server runs to sign who a visitor is, in four languages."""

from __future__ import annotations

_PYTHON = """import hashlib, hmac, os

def sign(id, email="", name=""):
    secret = os.environ["DOCENT_SECRET"].encode()
    return hmac.new(secret, f"{id}\\n{email}\\n{name}".encode(), hashlib.sha256).hexdigest()"""

_PHP = """function docent_sign($id, $email = "", $name = "") {
    return hash_hmac("sha256", "$id\\n$email\\n$name", getenv("DOCENT_SECRET"));
}"""

_NODE = """const { createHmac } = require("node:crypto");

function sign(id, email = "", name = "") {
  return createHmac("sha256", process.env.DOCENT_SECRET).update(`${id}\\n${email}\\n${name}`).digest("hex");
}"""

_RUBY = """require "openssl"

def sign(id, email = "", name = "")
  OpenSSL::HMAC.hexdigest("SHA256", ENV.fetch("DOCENT_SECRET"), "#{id}\\n#{email}\\n#{name}")
end"""


def snippets() -> dict[str, str]:
    """Return language -> code."""
    return {"Python": _PYTHON, "PHP": _PHP, "Node.js": _NODE, "Ruby": _RUBY}
