"""A provider: registrar, and the far end of trunk calls."""

from .phone import Phone
from .sip import challenge_of, right_credentials, token


class Provider(Phone):
    """Listens on a fixed port.  register() of a phone is not for it."""

    realm = "provider.example"

    def __init__(self, server, port, host="127.0.0.1", secret="kiefer-Rad-31",
                 transport="udp", wire=None):
        super().__init__(server, "provider", None, transport, host, port,
                         wire=wire)
        self.account_secret = secret
        self.used = set()

    def challenge(self, request, status=401, stale=False, algorithm="MD5",
                  realm=None):
        name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
        tail = ", stale=true" if stale else ""
        self.reply(request, status, headers=[(
            name, f'Digest realm="{realm or self.realm}", '
                  f'nonce="{token()}", algorithm={algorithm}, '
                  f'qop="auth"{tail}')])

    def proves(self, request, user):
        """Does the request carry the account's right credentials?"""
        for name in ("Authorization", "Proxy-Authorization"):
            for value in request.all(name):
                said = challenge_of(value)
                assert said["username"] == user, value
                assert said["uri"] == request.uri
                return right_credentials(
                    value, request.first.split()[0], self.account_secret)
        return False

    def registrar(self, user, expires=120, timeout=5):
        """Serve one registration, with a challenge; the good REGISTER."""
        request = self.expect("REGISTER", timeout)
        if not request.all("Authorization"):
            self.challenge(request)
            request = self.expect("REGISTER", timeout)
        assert self.proves(request, user), request
        self.grant(request, expires)
        return request

    def grant(self, request, expires):
        self.reply(request, 200, headers=[
            ("Contact", f"{request['Contact']};expires={expires}"),
            ("Expires", str(expires))])

    def call_in(self, target, caller="015112345", **kwargs):
        """A call of the provider to the Contact that was registered."""
        self.user = caller
        return self.invite(target, auth=False, **kwargs)
