/**
 * @file config/secret.c  Secrets that are guessed
 *
 * Whoever tries passwords begins with the name, the name backwards, rows of
 * keys and what many others have chosen.  Ten characters of anything else are
 * more than can be tried through the guard.
 */
#include "config/load.h"
#include "base/text.h"


static bool one_char(const char *s)
{
	for (const char *p = s; *p; p++) {
		if (*p != *s)
			return false;
	}

	return true;
}


/* abcdef..., 987654...: each byte one above, or one below, the one before */
static bool one_step(const char *s)
{
	const int step = s[1] - s[0];

	if (step != 1 && step != -1)
		return false;

	for (const char *p = s; p[1]; p++) {
		if (p[1] - p[0] != step && !(p[0] == '9' && p[1] == '0'))
			return false;
	}

	return true;
}


static bool reversed(const char *a, const char *b)
{
	const size_t n = strlen(a);

	if (n != strlen(b))
		return false;

	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[n - 1 - i])
			return false;
	}

	return true;
}


/* The first ones that are tried, of those that are long enough; and words that
 * stand beside the name */
static const char *const known_secrets[] = {
	"1029384756", "11223344556677889900", "1122334455", "1212121212",
	"123123123123", "1231231234", "123456789a", "123456789q", "123456abcd",
	"12345qwert", "123qwe123qwe", "147258369a", "1q2w3e4r5t",
	"1q2w3e4r5t6y", "1qaz2wsx3edc", "1qazxsw23edc", "abc123abc123",
	"abcd123456", "admin12345", "admin123456", "administrator",
	"asdfghjkl1", "asteriskasterisk", "asterisk123", "asterisk1234",
	"asteriskpbx", "baseball123", "changeme123", "changemenow",
	"computer123", "dragon12345", "elastix123", "extension123",
	"football123", "freepbx123", "helloworld", "iloveyou123",
	"issabel123", "letmein123", "letmein1234", "mypassword", "mysecret123",
	"p@ssw0rd123", "p@ssword123", "pa55w0rd123", "pass123456", "passw0rd123",
	"password01", "password10", "password11", "password12", "password123",
	"password1234", "password12345", "password123456", "passwordpassword",
	"phonephone", "princess123", "q1w2e3r4t5", "q1w2e3r4t5y6", "qazwsxedc1",
	"qwer123456", "qwerty12345", "qwerty123456", "qwertyuiop", "qwertzuiop",
	"root123456", "secret12345", "secretsecret", "sunshine123",
	"superman123", "supersecret", "telephone1", "telephone123",
	"test123456", "testtest123", "trixbox123", "verysecret", "voip123456",
	"voipvoip123", "welcome123", "welcome1234", "zaq12wsxcde3",
	"zxcvbnm123", "zxcvbnmasd",
};

static const char *const plain_words[] = {
	"1234", "12345", "123456", "admin", "asterisk", "changeme",
	"extension", "freepbx", "passw0rd", "passwort", "password", "phone",
	"secret", "sip", "telephone", "test", "user", "voip", "welcome",
};


static bool is_one_of(const struct pl *pl, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!pl_strcasecmp(pl, v[i]))
			return true;
	}

	return false;
}


/* "pass101word": without the name a word, or next to nothing, is left */
static bool mostly_name(const char *secret, const char *name)
{
	const size_t n = str_len(name);
	const char *at = n >= 3 ? strstr(secret, name) : NULL;
	struct pl head, tail, gap = PL_LIT("-_.:!@# ");

	if (!at)
		return false;

	head.p = secret;
	head.l = (size_t)(at - secret);
	tail.p = at + n;
	tail.l = strlen(tail.p);
	while (head.l && memchr(gap.p, head.p[head.l - 1], gap.l))
		--head.l;
	while (tail.l && memchr(gap.p, tail.p[0], gap.l))
		pl_advance(&tail, 1);

	if (head.l && tail.l)
		return head.l + tail.l < 6;

	return head.l + tail.l < 6 ||
	       (tail.l == n && !memcmp(tail.p, name, n)) ||
	       is_one_of(head.l ? &head : &tail, plain_words,
			 ARRAY_SIZE(plain_words));
}


const char *secret_weak(const char *secret, const char *name)
{
	struct pl pl;

	if (!str_isset(secret))
		return "there is none";

	if (name && !str_casecmp(secret, name))
		return "it is the name";
	if (name && reversed(secret, name))
		return "it is the name backwards";
	if (strlen(secret) < SECRET_LEN_MIN)
		return "it is shorter than 10 characters";
	if (one_char(secret))
		return "it is one character";
	if (one_step(secret))
		return "it is a sequence";
	if (name && mostly_name(secret, name))
		return "it is little more than the name";

	pl_set_str(&pl, secret);

	return is_one_of(&pl, known_secrets, ARRAY_SIZE(known_secrets))
		       ? "it is a well-known one"
		       : NULL;
}
