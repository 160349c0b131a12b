/**
 * @file apps/func_curl.c  CURL, CURLOPT: what a web server says
 *
 * The program curl asks, without a shell, for http and https alone.  It gets
 * all it must know through its standard input, so that no password is seen in
 * the list of processes.  What a caller sent is data in the address: it is
 * escaped, and scheme and host are never of it.
 */
#include <sys/mman.h>
#include <unistd.h>
#include "apps/apps.h"
#include "apps/late.h"
#include "base/text.h"

enum { TIMEOUT_S = 30 };

/* clang-format off */
static const struct {
	const char *name; /* of CURLOPT */
	const char *key;  /* of a configuration file of curl */
	const char *usual;
	bool flag;
} optv[] = {
	{"conntimeout",    "connect-timeout", "10",      false},
	{"httptimeout",    "max-time",        "30",      false},
	{"followlocation", "location",        NULL,      true},
	{"useragent",      "user-agent",      NULL,      false},
	{"referer",        "referer",         NULL,      false},
	{"userpwd",        "user",            NULL,      false},
	{"proxy",          "proxy",           NULL,      false},
	{"cookie",         "cookie",          NULL,      false},
	{"httpheader",     "header",          NULL,      false},
	{"ssl_verifypeer", NULL,              "1",       true},
};
/* clang-format on */


static bool opt_index(size_t *ip, const struct pl *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(optv); i++) {
		if (!pl_strcasecmp(name, optv[i].name)) {
			*ip = i;
			return true;
		}
	}

	return false;
}


static void opt_var(char *buf, size_t n, size_t i)
{
	(void)re_snprintf(buf, n, "CURLOPT_%s", optv[i].name);
}


static const char *opt_value(const struct call *call, size_t i)
{
	char var[40];
	const char *val;

	opt_var(var, sizeof(var), i);
	val = call_var(call, var);

	return val[0] ? val : optv[i].usual;
}


/* --- what curl is told --------------------------------------------------- */

/* key = "value" of a configuration file; only what is posted has lines */
static int put(struct mbuf *mb, const char *key, const char *val, size_t len,
	       bool lines)
{
	int err = mbuf_printf(mb, "%s = \"", key);

	for (size_t i = 0; i < len; i++) {
		if (strchr("\"\\", val[i]))
			err |= mbuf_printf(mb, "\\%c", val[i]);
		else if ((uint8_t)val[i] >= ' ')
			err |= mbuf_write_u8(mb, (uint8_t)val[i]);
		else if (lines && strchr("\n\r\t", val[i]))
			err |= mbuf_write_str(mb, val[i] == '\n'   ? "\\n"
						  : val[i] == '\r' ? "\\r"
								   : "\\t");
	}

	return err | mbuf_write_str(mb, "\"\n");
}


/* Would curl take it for the name of a file whose contents it sends? */
static bool names_file(size_t i, const char *val)
{
	const char *key = optv[i].key ? optv[i].key : "";

	while (*val && (uint8_t)*val < ' ') /* put() leaves it out */
		++val;

	return (!strcmp(key, "header") && val[0] == '@') ||
	       (!strcmp(key, "cookie") && val[0] && !strchr(val, '='));
}


static int put_options(struct mbuf *mb, const struct call *call)
{
	struct pl pl;
	bool on;
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(optv); i++) {
		const char *val = opt_value(call, i);

		if (!val || !optv[i].key || names_file(i, val))
			continue;
		pl_set_str(&pl, val);
		if (!optv[i].flag)
			err |= put(mb, optv[i].key, val, strlen(val), false);
		else if (bool_decode(&on, &pl) && on)
			err |= mbuf_printf(mb, "%s\n", optv[i].key);
	}

	return err;
}


/* Where the host of an address ends; 0: it is no address of the web */
static size_t host_end(const struct ttext *url)
{
	size_t begin;

	if (!strncasecmp(url->str, "http://", 7))
		begin = 7;
	else if (!strncasecmp(url->str, "https://", 8))
		begin = 8;
	else if (!strstr(url->str, "://"))
		begin = 0; /* as curl does: http */
	else
		return 0;

	return begin + strcspn(url->str + begin, "/?#");
}


static bool stays(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || strchr("-._~%", c);
}


/* Bytes from the wire are escaped */
static int url_text(struct mbuf *mb, const struct ttext *url)
{
	int err = 0;

	for (size_t i = 0; i < url->len; i++) {
		if (!ttext_tainted_at(url, i) || stays(url->str[i]))
			err |= mbuf_write_u8(mb, (uint8_t)url->str[i]);
		else
			err |= mbuf_printf(mb, "%%%02X", (uint8_t)url->str[i]);
	}

	return err;
}


static int print_config(struct mbuf *mb, struct call *call,
			const struct args *args)
{
	const struct ttext *url = args_text(args, 0);
	struct mbuf *text = mbuf_alloc(256);
	struct pl on, post = args_pl(args, 1);
	size_t host = url ? host_end(url) : 0;
	bool verify = true;
	int err;

	if (!text || !host || ttext_tainted_in(url, 0, host)) {
		call_warning(call, "CURL(%s): expected http://HOST/... or "
			     "https://, of the plan's own words",
			     args_str(args, 0));
		mem_deref(text);
		return EINVAL;
	}

	err = url_text(text, url);
	err |= put(mb, "url", (const char *)text->buf, text->end, false);
	err |= mbuf_write_str(mb, "silent\nshow-error\nglobooff\n"
			      "proto = \"=http,https\"\nmax-redirs = 5\n");
	err |= put_options(mb, call);
	pl_set_str(&on, opt_value(call, ARRAY_SIZE(optv) - 1));
	if (bool_decode(&verify, &on) && !verify)
		err |= mbuf_write_str(mb, "insecure\n");
	if (args->n > 1)
		err |= put(mb, "data-raw", post.p, post.l, true);
	mem_deref(text);

	return err;
}


/* --- CURL ---------------------------------------------------------------- */

static int stdin_of(int *fdp, const struct mbuf *mb)
{
	int fd = memfd_create("curl", MFD_CLOEXEC);

	if (fd < 0)
		return errno;
	if (write(fd, mb->buf, mb->end) != (ssize_t)mb->end ||
	    lseek(fd, 0, SEEK_SET)) {
		(void)close(fd);
		return EIO;
	}

	*fdp = fd;

	return 0;
}


static uint32_t limit_ms(const struct call *call)
{
	struct pl pl;
	uint32_t ms;

	pl_set_str(&pl, opt_value(call, 1));

	return arg_ms(&ms, &pl) && ms ? ms + 1000 : (TIMEOUT_S + 1) * 1000;
}


static int curl_start(struct proc **pp, proc_end_h *h, void *arg,
		      struct call *call, const struct ttext *text)
{
	static const char *const argv[] = {"curl", "-q", "-K", "-", NULL};
	struct proc_params prm = {.argv = argv, .output = true};
	struct mbuf *mb = mbuf_alloc(512);
	struct args args;
	int fd = -1, err;

	err = args_split(&args, text, 2);
	if (!err)
		err = mb ? print_config(mb, call, &args) : ENOMEM;
	if (!err)
		err = stdin_of(&fd, mb);
	if (!err) {
		prm.fd0 = fd;
		prm.timeout_ms = limit_ms(call);
		err = proc_start(pp, &prm, h, arg);
	}
	if (err == ENOENT) {
		call_warning(call, "CURL: the program curl is not installed");
		err = EINVAL;
	}
	if (fd >= 0)
		(void)close(fd);
	args_reset(&args);
	mem_deref(mb);

	return err;
}


static int curl_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *args)
{
	*tainted = true;

	return late_read(out, call, "CURL", args, true, curl_start);
}


const struct func func_curl = {
	.name = "CURL",
	.usage = "CURL(address[,post])  what a web server answers; the step "
		 "waits for it",
	.read = curl_read,
	.acts = true,
};


/* --- CURLOPT ------------------------------------------------------------- */

static int curlopt_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *args)
{
	struct pl name = first_word(args);
	const char *val;
	size_t i;

	if (!opt_index(&i, &name))
		return EINVAL;

	*tainted = true;
	val = opt_value(call, i);

	return val ? mbuf_write_str(out, val) : 0;
}


static int curlopt_write(struct call *call, const struct ttext *args,
			 const struct ttext *value)
{
	struct pl name = first_word(args);
	char var[40];
	size_t i;

	if (!opt_index(&i, &name)) {
		call_warning(call, "CURLOPT(%r): not done here", &name);
		return EINVAL;
	}
	if (ttext_tainted(value) && optv[i].key &&
	    !strcmp(optv[i].key, "proxy"))
		return EINVAL; /* where it goes is the plan's own word */
	if (names_file(i, value->str)) {
		call_warning(call, "CURLOPT(%r): \"%s\" is left out, it would "
			     "send a file", &name, value->str);
		return EINVAL;
	}

	opt_var(var, sizeof(var), i);

	return call_set_var(call, var, value->str, ttext_tainted(value));
}


const struct func func_curlopt = {
	.name = "CURLOPT",
	.usage = "CURLOPT(conntimeout|httptimeout|useragent|referer|userpwd|"
		 "cookie|httpheader|proxy|followlocation|ssl_verifypeer)  how "
		 "CURL() asks",
	.read = curlopt_read,
	.write = curlopt_write,
	.write_local = true,
};
