"""Kamailio as a provider: registrar and proxy with digest authentication, no
database; its configuration is written by the test."""

import socket
from pathlib import Path

from .lines import Process, until
from .ports import is_free

CONFIG = """\
#!KAMAILIO
debug=2
log_stderror=yes
fork=no
children=1
disable_tcp=yes
auto_aliases=no
alias="{realm}"
listen=udp:{host}:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "xlog.so"
modparam("usrloc", "db_mode", 0)
modparam("rr", "enable_double_rr", 0)
modparam("registrar", "min_expires", 30)
modparam("tm", "fr_timer", 5000)
modparam("auth", "qop", "auth")

request_route {{
	if (!mf_process_maxfwd_header("10")) {{
		sl_send_reply("483", "Too Many Hops");
		exit;
	}}
	if (is_method("CANCEL")) {{
		if (t_check_trans()) t_relay();
		exit;
	}}
	if (has_totag()) {{
		if (loose_route() || is_method("ACK")) {{
			xlog("L_WARN", "in dialog: $rm\\n");
			t_relay();
		}} else {{
			sl_send_reply("404", "Not here");
		}}
		exit;
	}}
	if (is_method("OPTIONS")) {{
		sl_send_reply("200", "Keepalive");
		exit;
	}}
	$var(secret) = $null;
{secrets}
	if ($var(secret) == $null) {{
		sl_send_reply("403", "Unknown account");
		exit;
	}}
	if (is_method("REGISTER")) {{
		if (!pv_www_authenticate("{realm}", "$var(secret)", "0")) {{
			www_challenge("{realm}", "1");
			exit;
		}}
		consume_credentials();
		save("location");
		exit;
	}}
	if (!pv_proxy_authenticate("{realm}", "$var(secret)", "0")) {{
		proxy_challenge("{realm}", "1");
		exit;
	}}
	consume_credentials();
	record_route();
{numbers}
	if (!lookup("location")) {{
		sl_send_reply("404", "Nobody there");
		exit;
	}}
	t_relay();
}}
"""


class Kamailio:
    """accounts: name: secret; numbers: number: account that it rings"""

    def __init__(self, folder, port, accounts, numbers, host="127.0.0.1",
                 realm="provider.example"):
        self.host, self.port, self.realm = host, port, realm
        self.dir = Path(folder)
        self.dir.mkdir()
        secrets = "".join(f'\tif ($fU == "{name}") '
                          f'$var(secret) = "{secret}";\n'
                          for name, secret in accounts.items())
        rings = "".join(f'\tif ($rU == "{number}") $rU = "{name}";\n'
                        for number, name in numbers.items())
        path = self.dir / "kamailio.cfg"
        path.write_text(CONFIG.format(host=host, port=port, realm=realm,
                                      secrets=secrets, numbers=rings))
        self.proc = Process(["kamailio", "-f", path, "-DD", "-E",
                             "-m", "16", "-M", "4", "-Y", self.dir, "-P",
                             self.dir / "pid"], cwd=self.dir)
        until(lambda: not is_free(socket.SOCK_DGRAM, port),
              "Kamailio listens", 15)

    def stop(self):
        self.proc.terminate(10)
