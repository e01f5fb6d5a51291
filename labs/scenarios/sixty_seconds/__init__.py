"""Why "TLS key negotiation failed to occur within 60 seconds", cause by cause."""

import re

SIXTY_SECONDS = "TLS Error: TLS key negotiation failed to occur within 60 seconds"


def refused(alert: str) -> re.Pattern[str]:
    """What an end says whose handshake the other has ended: the alert, if that one sends it.

    Our own program does; the stock one keeps it to itself, and the other end waits.
    """
    return re.compile(f"(OpenSSL|Received fatal SSL alert): .*{alert}|{SIXTY_SECONDS}")
