/**
 * @file b2bua/eventdoc.c  XML for lamps
 */
#include "b2bua/eventdoc.h"


int xml_print(struct re_printf *pf, const char *text)
{
	int err = 0;

	for (const char *p = text; p && *p && !err; p++) {
		const char *out = p;
		size_t n = 1;

		switch (*p) {

		case '&': out = "&amp;"; n = 5; break;
		case '<': out = "&lt;"; n = 4; break;
		case '>': out = "&gt;"; n = 4; break;
		case '"': out = "&quot;"; n = 6; break;
		case '\'': out = "&apos;"; n = 6; break;
		default:
			if ((unsigned char)*p < 0x20 || *p == 0x7f)
				n = 0; /* XML 1.0 has no way to write it */
			break;
		}

		if (n)
			err = pf->vph(out, n, pf->arg);
	}

	return err;
}


enum devstate eventdoc_state(enum devstate st, bool ringing, bool hold)
{
	if (!ringing && st == DEV_RINGING)
		return DEV_NOT_INUSE;
	if (!ringing && st == DEV_RINGINUSE)
		return DEV_INUSE;
	if (!hold && st == DEV_ONHOLD)
		return DEV_INUSE;

	return st;
}


/* ---- dialog-info -------------------------------------------------------- */

static bool rings(enum devstate st)
{
	return st == DEV_RINGING || st == DEV_RINGINUSE;
}


static const char *dialog_state(enum devstate st)
{
	switch (st) {

	case DEV_RINGING:
	case DEV_RINGINUSE: return "early";
	case DEV_INUSE:
	case DEV_BUSY:
	case DEV_ONHOLD: return "confirmed";
	case DEV_UNKNOWN:
	case DEV_NOT_INUSE:
	case DEV_INVALID:
	case DEV_UNAVAILABLE:
	default: return "terminated";
	}
}


static int print_attr(struct mbuf *mb, const char *name, const char *val)
{
	return val ? mbuf_printf(mb, " %s=\"%H\"", name, xml_print, val) : 0;
}


static int print_dialog_head(struct mbuf *mb, const struct eventdoc *doc)
{
	int err;

	err = mbuf_write_str(mb, "<dialog");
	err |= print_attr(mb, "id", doc->id ? doc->id : "1");
	if (rings(doc->state)) {
		if (doc->callid && doc->phone_tag && doc->our_tag) {
			err |= print_attr(mb, "call-id", doc->callid);
			err |= print_attr(mb, "local-tag", doc->phone_tag);
			err |= print_attr(mb, "remote-tag", doc->our_tag);
		}
		err |= print_attr(mb, "direction", "recipient");
	}

	return err | mbuf_printf(mb, ">\r\n<state>%s</state>\r\n",
				 dialog_state(doc->state));
}


static int print_local(struct mbuf *mb, const struct eventdoc *doc)
{
	bool held = doc->state == DEV_ONHOLD;

	if (!held && !rings(doc->state))
		return 0;

	return mbuf_printf(mb,
			   "<local>\r\n<identity>%H</identity>\r\n"
			   "<target uri=\"%H\">%s</target>\r\n</local>\r\n",
			   xml_print, doc->entity, xml_print, doc->entity,
			   held ? "<param pname=\"+sip.rendering\" "
				  "pvalue=\"no\"/>"
				: "");
}


static int print_remote(struct mbuf *mb, const struct eventdoc *doc)
{
	int err;

	if (!rings(doc->state) || !doc->caller_uri)
		return 0;

	err = mbuf_write_str(mb, "<remote>\r\n<identity");
	if (doc->caller_name && doc->caller_name[0])
		err |= print_attr(mb, "display", doc->caller_name);

	return err | mbuf_printf(mb,
				 ">%H</identity>\r\n<target uri=\"%H\"/>\r\n"
				 "</remote>\r\n", xml_print, doc->caller_uri,
				 xml_print, doc->caller_uri);
}


int eventdoc_dialog(struct mbuf *mb, const struct eventdoc *doc)
{
	int err;

	if (!mb || !doc || !doc->entity)
		return EINVAL;

	err = mbuf_printf(mb,
			  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
			  "<dialog-info xmlns=\"urn:ietf:params:xml:ns:"
			  "dialog-info\" version=\"%u\" state=\"full\" "
			  "entity=\"%H\">\r\n", doc->version, xml_print,
			  doc->entity);
	err |= print_dialog_head(mb, doc);
	err |= print_local(mb, doc);
	err |= print_remote(mb, doc);

	return err | mbuf_write_str(mb, "</dialog>\r\n</dialog-info>\r\n");
}


/* ---- pidf --------------------------------------------------------------- */

static const char *note(enum devstate st)
{
	switch (st) {

	case DEV_NOT_INUSE: return "Ready";
	case DEV_INUSE: return "On the phone";
	case DEV_BUSY: return "Busy";
	case DEV_RINGING: return "Ringing";
	case DEV_RINGINUSE: return "Ringing, on the phone";
	case DEV_ONHOLD: return "On hold";
	case DEV_UNKNOWN:
	case DEV_INVALID:
	case DEV_UNAVAILABLE:
	default: return "Unavailable";
	}
}


static bool is_open(enum devstate st)
{
	return st != DEV_UNKNOWN && st != DEV_INVALID && st != DEV_UNAVAILABLE;
}


static bool is_talking(enum devstate st)
{
	return st == DEV_INUSE || st == DEV_BUSY || st == DEV_RINGINUSE ||
	       st == DEV_ONHOLD;
}


int eventdoc_presence(struct mbuf *mb, const struct eventdoc *doc)
{
	int err;

	if (!mb || !doc || !doc->entity)
		return EINVAL;

	err = mbuf_printf(mb,
			  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
			  "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
			  "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:"
			  "data-model\" xmlns:rpid=\"urn:ietf:params:xml:ns:"
			  "pidf:rpid\" entity=\"%H\">\r\n", xml_print,
			  doc->entity);
	err |= mbuf_printf(mb,
			   "<tuple id=\"t1\">\r\n<status><basic>%s</basic>"
			   "</status>\r\n<contact priority=\"1\">%H"
			   "</contact>\r\n<note>%s</note>\r\n</tuple>\r\n",
			   is_open(doc->state) ? "open" : "closed", xml_print,
			   doc->entity, note(doc->state));
	if (is_talking(doc->state))
		err |= mbuf_write_str(mb, "<dm:person id=\"p1\">"
				      "<rpid:activities><rpid:on-the-phone/>"
				      "</rpid:activities></dm:person>\r\n");

	return err | mbuf_write_str(mb, "</presence>\r\n");
}
