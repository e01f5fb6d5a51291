"""The sentences of either program that name a cause, as regular expressions."""

from __future__ import annotations

from dataclasses import dataclass

from labs.explain.diagnosis import Kind

BOTH = ("client", "server")
TELL = "give {} a certificate that is valid now (vpn-pki issue)"

# The causes that are the clock's if a clock is wrong.
DATES = frozenset({"expired-certificate", "not-yet-valid-certificate"})


@dataclass(frozen=True, slots=True)
class Saying:
    """A line that an end of one of these roles writes, and what it proves.

    while_up   also when the tunnel stands; else it was said about another client then
    """

    roles: tuple[str, ...]
    line: str  # a regular expression
    kind: Kind
    cause: str
    sentence: str
    fix: str
    while_up: bool = False


# --- a program that ended before it said a word to the other end ------------------------------

PROGRAM = (
    Saying(
        BOTH,
        r"Options error: .*(unknown directive|Unrecognized option)",
        Kind.PROGRAM,
        "bad-directive",
        "the program does not start: its configuration has a word that is no directive",
        "correct the line that the message names",
    ),
    Saying(
        BOTH,
        r"private key does not match the certificate|key values mismatch",
        Kind.PROGRAM,
        "key-mismatch",
        "the program does not start: its private key does not belong to its certificate",
        "give cert and key that were made together",
    ),
)

# --- whom the other end does not believe ------------------------------------------------------

IDENTITY = (
    Saying(
        ("client",),
        r"VERIFY ERROR: .*error=(unable to get (local )?issuer certificate|self.signed cert)",
        Kind.IDENTITY,
        "wrong-ca",
        "the client does not trust the authority that signed the server's certificate",
        "give the client the ca.crt of the server's authority",
    ),
    Saying(
        ("server",),
        r"VERIFY ERROR: .*error=(unable to get (local )?issuer certificate|self.signed cert)",
        Kind.IDENTITY,
        "wrong-ca",
        "the server does not trust the authority that signed the client's certificate",
        "give the server the ca.crt of the client's authority",
    ),
    Saying(
        ("server",),
        r"VERIFY ERROR: .*error=certificate has expired",
        Kind.IDENTITY,
        "expired-certificate",
        "the server refuses the client's certificate: it has expired",
        TELL.format("the client"),
    ),
    Saying(
        ("client",),
        r"VERIFY ERROR: .*error=certificate has expired",
        Kind.IDENTITY,
        "expired-certificate",
        "the client refuses the server's certificate: it has expired",
        TELL.format("the server"),
    ),
    Saying(
        BOTH,
        r"Options error: cert: the certificate .* expired on",
        Kind.IDENTITY,
        "expired-certificate",
        "the program does not start: its own certificate has expired",
        TELL.format("it"),
    ),
    Saying(
        ("client",),
        r"VERIFY ERROR: .*error=certificate is not yet valid",
        Kind.IDENTITY,
        "not-yet-valid-certificate",
        "the client refuses the server's certificate: it is not valid yet",
        TELL.format("the server"),
    ),
    Saying(
        ("server",),
        r"VERIFY ERROR: .*error=certificate is not yet valid",
        Kind.IDENTITY,
        "not-yet-valid-certificate",
        "the server refuses the client's certificate: it is not valid yet",
        TELL.format("the client"),
    ),
    Saying(
        ("client",),
        r"VERIFY ERROR: .*error=unsuitable certificate purpose|VERIFY E?KU ERROR",
        Kind.IDENTITY,
        "wrong-usage",
        "whoever answers as the server shows a certificate that was not issued for a server",
        "issue the server's certificate for a server; if it was: somebody poses as your server",
    ),
    Saying(
        ("client",),
        r"VERIFY X509NAME ERROR",
        Kind.IDENTITY,
        "wrong-name",
        "the client waits for a server of another name than the certificate has",
        "correct verify-x509-name; if it is right: somebody poses as your server",
    ),
    Saying(
        ("server",),
        r"VERIFY ERROR: .*error=certificate revoked|VERIFY CRL: .* is revoked",
        Kind.IDENTITY,
        "revoked-certificate",
        "the client's certificate is on the server's revocation list",
        "issue the client another certificate",
    ),
)

# --- what comes after the certificates ---------------------------------------------------------

AGREEMENT = (
    Saying(
        ("server",),
        r"PUSH: No common cipher between server and client",
        Kind.SETTINGS,
        "wrong-cipher",
        "there is no data cipher that both ends have",
        "give data-ciphers of both ends one cipher in common",
    ),
    Saying(
        ("client",),
        r"AUTH_FAILED,Data channel cipher negotiation failed",
        Kind.SETTINGS,
        "wrong-cipher",
        "there is no data cipher that both ends have",
        "give data-ciphers of both ends one cipher in common",
    ),
    Saying(
        ("server",),
        r"unsupported protocol|Unsupported protocol",
        Kind.SETTINGS,
        "wrong-tls-version",
        "there is no TLS version that both ends have",
        "let tls-version-min and tls-version-max of the two ends overlap",
    ),
    Saying(
        ("server",),
        r"TLS Auth Error: Auth Username/Password verification failed",
        Kind.IDENTITY,
        "wrong-password",
        "the server refuses the client's user name or password",
        "correct what auth-user-pass gives, or what the server's script knows",
    ),
)

# The first that is found wins: the more telling ones stand first.
SAYINGS = (*PROGRAM, *IDENTITY, *AGREEMENT)
