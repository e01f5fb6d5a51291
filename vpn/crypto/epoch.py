"""AEAD data packets with epochs: a key that is used up makes its successor by itself.

Before: data/channel.py DataChannel.seal
After: system/udp.py send_batch

    header   4    P_DATA_V2 (wire/data.py)
    u16      epoch      from 1
    u48      counter    from 1 in each epoch
    ..       ciphertext
    16       tag                                                          [draft: dataepoch]

    nonce            = epoch, counter, four zeros; XOR the epoch's IV
    associated data  = header, epoch, counter

    E(1)    = the first 32 bytes of the cipher slot
    E(n+1)  = expand_label(E(n), "ovpn datakey upd", 32)
    key     = expand_label(E(n), "ovpn data_key", key size)
    IV      = expand_label(E(n), "ovpn data_iv", 12)

Both directions move: who hears a later epoch than it speaks goes there too.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag

from vpn.crypto.aead import ERROR_PREFIX, TAG_SIZE
from vpn.crypto.ciphers import DataCipher
from vpn.crypto.data_key import EachByItself, Opened
from vpn.crypto.hkdf import expand_label
from vpn.crypto.numbers import consecutive, numbered_fronts, tails_of
from vpn.crypto.replay import ReplayWindow
from vpn.errors import Drop, PacketError

SECRET_SIZE = 32
IV_SIZE = 12
NUMBER_SIZE = 8
OVERHEAD = NUMBER_SIZE + TAG_SIZE
BLOCK = 16
COUNTER_BITS = 48
COUNTER_MAX = 2**COUNTER_BITS - 1
EPOCH_SPENT = 0xF000  # time for a new key
EPOCH_MAX = 0xFFFF
FUTURE = 16  # epochs ahead that a receiver is ready for


class Epoch:
    """The key of one epoch, and the way to the next."""

    __slots__ = ("_cipher", "_secret", "_tails", "decrypt", "encrypt", "iv", "number")

    def __init__(self, cipher: DataCipher, secret: bytes, number: int = 1) -> None:
        assert cipher.aead is not None
        self._cipher = cipher
        self._secret = secret
        self.number = number
        self._tails: tuple[bytes, ...] | None = None  # of nonces; many epochs never need them
        aead = cipher.aead(expand_label(secret, b"ovpn data_key", cipher.key_size))
        self.encrypt, self.decrypt = aead.encrypt, aead.decrypt
        self.iv = int.from_bytes(expand_label(secret, b"ovpn data_iv", IV_SIZE), "big")

    def nonces(self, first: int, count: int) -> list[bytes]:
        """Those of many packets; a number is epoch and counter."""
        high = self.iv >> 32
        if self._tails is None:
            self._tails = tails_of(high, (self.iv & 0xFFFFFFFF).to_bytes(4, "big"))
        return consecutive(first, count, NUMBER_SIZE, self._tails, mask=high)

    def next(self) -> Epoch:
        """The epoch after this one."""
        secret = expand_label(self._secret, b"ovpn datakey upd", SECRET_SIZE)
        return Epoch(self._cipher, secret, self.number + 1)


class EpochSendKey(EachByItself):
    """Seals. Packet ids go on over all epochs; the counter starts anew with each."""

    error_prefix = ERROR_PREFIX
    max_packet_id = EPOCH_MAX << COUNTER_BITS
    __slots__ = ("_base", "_blocks", "_epoch", "_last_id", "_limit")

    def __init__(self, cipher: DataCipher, slot: bytes) -> None:
        self._epoch = Epoch(cipher, slot[:SECRET_SIZE])
        self._limit = cipher.limit or EPOCH_MAX << COUNTER_BITS
        self._blocks = 0  # that were sealed in this epoch, and packets
        self._base = 0  # packet ids up to here belong to epochs before
        self._last_id = 0

    @property
    def epoch(self) -> int:
        """The epoch of the packets that are sealed now."""
        return self._epoch.number

    @property
    def is_spent(self) -> bool:
        """Is it time to negotiate a new key?"""
        return self._epoch.number >= EPOCH_SPENT

    def advance(self, epoch: int) -> None:
        """Go to a later epoch; stays where it is if it has come as far."""
        while self._epoch.number < epoch:
            self._epoch = self._epoch.next()
            self._base, self._blocks = self._last_id, 0

    def seal(self, header: bytes, packet_id: int, plaintext: bytes) -> bytes:
        """Header, epoch, counter, ciphertext, tag."""
        if self._blocks >= self._limit or packet_id - self._base > COUNTER_MAX:
            if self._epoch.number == EPOCH_MAX:
                raise PacketError(Drop.KEY_NOT_READY, "epochs used up")
            self.advance(self._epoch.number + 1)
        self._last_id = packet_id
        self._blocks += 1 + -(-len(plaintext) // BLOCK)
        epoch = self._epoch
        number = epoch.number << COUNTER_BITS | packet_id - self._base
        front = header + number.to_bytes(NUMBER_SIZE, "big")
        nonce = (number << 32 ^ epoch.iv).to_bytes(IV_SIZE, "big")
        return front + epoch.encrypt(nonce, plaintext, front)

    def seal_batch(self, header: bytes, first_id: int, plaintexts: list[bytes]) -> list[bytes]:
        """The same for many, their packet ids counted from `first_id`."""
        blocks = 2 * len(plaintexts) + sum(map(len, plaintexts)) // BLOCK  # never too few
        last_id = first_id + len(plaintexts) - 1
        if self._blocks + blocks >= self._limit or last_id - self._base > COUNTER_MAX:
            return super().seal_batch(header, first_id, plaintexts)
        self._last_id = last_id
        self._blocks += blocks
        epoch = self._epoch
        first = (epoch.number << COUNTER_BITS) + first_id - self._base
        fronts = consecutive(first, len(plaintexts), NUMBER_SIZE, before=header)
        sealed = map(epoch.encrypt, epoch.nonces(first, len(plaintexts)), plaintexts, fronts)
        return [front + text for front, text in zip(fronts, sealed, strict=True)]


class EpochReceiveKey(EachByItself):
    """Opens packets of this epoch, of the one before it, and of some that are to come."""

    error_prefix = ERROR_PREFIX
    __slots__ = ("_current", "_known", "_last", "_send_key")

    def __init__(self, cipher: DataCipher, slot: bytes, send_key: EpochSendKey) -> None:
        self._current = self._last = Epoch(cipher, slot[:SECRET_SIZE])
        self._known = {self._current.number: self._current}
        self._send_key = send_key

    def new_window(self, size: int, seconds: float) -> EpochReplayWindow:
        """The replay window for the ids that `open` returns."""
        return EpochReplayWindow(size, seconds)

    def open(self, datagram: bytes, header_size: int) -> tuple[int, bytes]:
        """(epoch and counter, plaintext); PacketError(AUTH) if a bit is not what was sealed."""
        body = header_size + NUMBER_SIZE
        if len(datagram) < body + TAG_SIZE:
            raise PacketError(Drop.MALFORMED, "short data packet")
        number = int.from_bytes(datagram[header_size:body], "big")
        epoch = self._current
        if number >> COUNTER_BITS != epoch.number:
            epoch = self._find(number >> COUNTER_BITS)
        nonce = (number << 32 ^ epoch.iv).to_bytes(IV_SIZE, "big")
        try:
            plaintext = epoch.decrypt(nonce, datagram[body:], datagram[:body])
        except InvalidTag:
            raise PacketError(Drop.AUTH) from None
        if epoch.number > self._current.number:
            self._move_to(epoch)
        return number, plaintext

    def open_batch(self, datagrams: list[bytes], header_size: int) -> Opened | None:
        """Datagrams of this epoch with one header and consecutive counters: as with AEAD keys."""
        body, epoch, count = header_size + NUMBER_SIZE, self._current, len(datagrams)
        numbered = numbered_fronts(datagrams, header_size, NUMBER_SIZE)
        if numbered is None:
            return None
        first, fronts = numbered
        if not first >> COUNTER_BITS == first + count - 1 >> COUNTER_BITS == epoch.number:
            return None
        texts = [datagram[body:] for datagram in datagrams]
        opening = map(epoch.decrypt, epoch.nonces(first, count), texts, fronts)
        try:
            return first, list(opening)
        except InvalidTag:
            return None

    def _find(self, number: int) -> Epoch:
        """The epoch with this number. Those to come are made once, whoever asks for them."""
        if number <= min(self._current.number + FUTURE, EPOCH_MAX):
            while self._last.number < number:
                self._last = self._last.next()
                self._known[self._last.number] = self._last
        found = self._known.get(number)
        if found is None:
            raise PacketError(Drop.AUTH, f"{ERROR_PREFIX}: no key for epoch {number}")
        return found

    def _move_to(self, later: Epoch) -> None:
        """A packet of a later epoch was genuine: that is the epoch now, for both directions."""
        retiring, self._current = self._current, later
        self._known = {
            number: epoch
            for number, epoch in self._known.items()
            if number >= later.number or epoch is retiring
        }
        self._send_key.advance(later.number)


class EpochReplayWindow:
    """Packet ids with the epoch in the upper 16 bits: a window for each of the two last epochs."""

    __slots__ = ("_seconds", "_size", "_windows")

    def __init__(self, size: int = 64, seconds: float = 15) -> None:
        self._size = size
        self._seconds = seconds
        self._windows = {1: ReplayWindow(size, seconds)}

    def accept(self, packet_id: int) -> bool:
        """Is this id new? Call it after authentication only."""
        epoch, counter = packet_id >> COUNTER_BITS, packet_id & COUNTER_MAX
        window = self._windows.get(epoch)
        if window is None:
            latest = max(self._windows)
            if epoch < latest:
                return False
            window = ReplayWindow(self._size, self._seconds)
            self._windows = {latest: self._windows[latest], epoch: window}
        return counter > 0 and window.accept(counter)

    def accept_run(self, first: int, count: int) -> bool:
        """Are that many ids from `first` on beyond all before? If so they are marked, else none."""
        window = self._windows.get(first >> COUNTER_BITS)
        return window is not None and window.accept_run(first & COUNTER_MAX, count)

    def age(self, now: float, last: float | None) -> None:
        """Close the windows for what is late."""
        for window in self._windows.values():
            window.age(now, last)
