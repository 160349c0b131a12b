"""baresip as a phone: a tone from a file into the call, what it hears into
another file, control over TCP (netstrings of JSON)."""

import contextlib
import json
import socket
import threading
import time
from pathlib import Path

from . import audio
from .lines import Process
from .wire import in_uri

CONFIG = """\
module_path /usr/lib/baresip/modules
module g711.so
module g722.so
module opus.so
module l16.so
module aufile.so
module aubridge.so
module sndfile.so
{more}module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
sip_listen {listen}:{sip}
sip_certificate {cert}
net_interface {host}
rtp_ports {rtp}-{rtp_end}
audio_source aufile,{tone}
audio_player aubridge,{name}
audio_alert aubridge,{name}
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
snd_path {dump}
ctrl_tcp_listen {listen}:{ctrl}
call_max_calls 4
rtp_timeout 0
"""


class Baresip:
    """Registered when start() is over."""

    def __init__(self, folder, slot, tandem, user, secret, freq,
                 transport="udp", codec="PCMU", extra="", answer=None,
                 rate=8000, host="127.0.0.1", space=None, server=None,
                 modules=(), config="", regint=60):
        """space: the namespace that `host` is in, if it is another; server:
        where Tandem is for this phone, as 'host:port'."""
        self.host, self.space, self.user = host, space, user
        self.tandem, self.freq = tandem, freq
        self.answer = answer or (r"200 OK|registered successfully|"
                                 r"\{0/UDP|\[1 binding")
        self.dir = Path(folder)
        self.dir.mkdir()
        self.dump = self.dir / "dump"
        self.dump.mkdir()
        tone = audio.write_wav(self.dir / "tone.wav",
                               audio.tone(freq, 60 * rate, rate=rate), rate)
        rtp = slot.take()
        for _ in range(4):
            rtp_end = slot.take() + 1
        self.ctrl = slot.take()
        port = tandem.tls_port if transport == "tls" else tandem.port
        server = server or f"{in_uri(tandem.host)}:{port}"
        more = [f"module {name}.so\n" for name in modules]
        if "sipnat" in extra:
            more.append("module_tmp uuid.so\n")
        (self.dir / "config").write_text(CONFIG.format(
            more="".join(more), host=host, listen=in_uri(host),
            sip=slot.take(), cert=tandem.cert or "", rtp=rtp,
            rtp_end=rtp_end, tone=tone, name=user, dump=self.dump,
            ctrl=self.ctrl, rate=rate) + config)
        (self.dir / "accounts").write_text(
            f"<sip:{user}@{server};transport={transport}>"
            f";auth_user={user};auth_pass={secret}"
            f";regint={regint}"
            f";audio_codecs={codec}{extra}\n")
        (self.dir / "contacts").write_text("")
        self.target = f"sip:%s@{server};transport={transport}"
        self.proc, self.sock = None, None
        self.events, self.news = [], threading.Condition()

    def start(self):
        self.proc = Process(["/usr/bin/baresip", "-f", self.dir],
                            cwd=self.dir,
                            prefix=self.space.prefix if self.space else ())
        self.proc.wait(r"ctrl_tcp|baresip is ready", 10)
        end = time.monotonic() + 5
        while True:
            try:
                with self.space.inside() if self.space \
                        else contextlib.nullcontext():
                    self.sock = socket.create_connection(
                        (self.host, self.ctrl), 1)
                break
            except OSError:
                assert time.monotonic() < end, self.proc.text
                time.sleep(0.02)
        self.sock.settimeout(None)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.proc.wait(self.answer, 10)
        return self

    def _read(self):
        rest = b""
        while True:
            try:
                data = self.sock.recv(65536)
            except OSError:
                break
            if not data:
                break
            rest += data
            while b":" in rest:
                size, _, body = rest.partition(b":")
                if len(body) < int(size) + 1:
                    break
                item = json.loads(body[:int(size)])
                rest = body[int(size) + 1:]
                with self.news:
                    self.events.append(item)
                    self.news.notify_all()

    def command(self, name, params=""):
        text = json.dumps({"command": name, "params": params}).encode()
        self.sock.sendall(b"%d:%s," % (len(text), text))

    def dial(self, number):
        self.command("dial", self.target % number)

    def forget(self):
        """What has happened until now is of no interest."""
        with self.news:
            self.events.clear()

    def wait(self, kind, timeout=8):
        """An event such as CALL_ESTABLISHED."""
        end = time.monotonic() + timeout
        with self.news:
            while True:
                for item in self.events:
                    if item.get("type") == kind:
                        self.events.remove(item)
                        return item
                left = end - time.monotonic()
                assert left > 0, f"no {kind}: {self.events}\n" \
                                 f"{self.proc.text[-3000:]}"
                self.news.wait(left)

    def heard(self):
        """What came out of the loudspeaker: the newest dump."""
        files = sorted(self.dump.glob("*dec*.wav"))
        assert files, list(self.dump.iterdir())
        self.rate, channels = audio.read_wav(files[-1])
        return channels[0]

    def stop(self, patience=5):
        """After a call that was ended by the other side it stays for as long
        as a repeated BYE may come."""
        proc, self.proc = self.proc, None
        if not proc:
            return
        if self.sock:
            self.command("quit")
            try:
                proc.end(patience)
            except AssertionError:
                pass                    # it was told, and is killed now
            self.sock.close()
            self.reader.join(3)
        proc.kill()
