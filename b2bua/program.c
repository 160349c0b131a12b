/**
 * @file b2bua/program.c  The command line
 */
#include <getopt.h>
#include <stdio.h>
#include "b2bua/program.h"


static void usage(FILE *f)
{
	(void)fputs("Tandem " TANDEM_VERSION
		    ", SIP back-to-back user agent\n"
		    "usage: tandem [-f] [-C DIR] [-U USER] [-G GROUP]\n"
		    "                                run (-f: in the "
		    "foreground; as that user)\n"
		    "       tandem --takeover ...    take over from the one "
		    "that runs\n"
		    "       tandem -t [-C DIR]       check the configuration\n"
		    "       tandem -t [-C DIR] --pair DIR2\n"
		    "                                ... of two servers that "
		    "call each other\n"
		    "       tandem -t [-C DIR] --explain CONTEXT NUMBER "
		    "[from CALLER] [at TIME]\n"
		    "                                say where a number would "
		    "go, and why\n"
		    "       tandem import DIR [--write OUT]\n"
		    "                                say what becomes of an "
		    "Asterisk directory\n"
		    "       tandem -r [-C DIR]       console of the running "
		    "daemon\n"
		    "       tandem -rx COMMAND       run one console command\n"
		    "       tandem -V | -h           version | this help; "
		    "also --version,\n"
		    "                                --help\n"
		    "DIR is " PROGRAM_DIR " unless given.\n",
		    f);
}


bool program_options(struct program *p, int argc, char *argv[], int *status)
{
	static const struct option longs[] = {
		{"explain", no_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{"takeover", no_argument, NULL, 'o'},
		{"pair", required_argument, NULL, 'p'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	bool explain = false;
	int c;

	*status = EXIT_USAGE;

	while ((c = getopt_long(argc, argv, "C:fG:hrtU:Vx:", longs, NULL)) !=
	       -1) {
		switch (c) {

		case 'e': explain = true; break;
		case 'o': p->takeover = true; break;
		case 'p': p->pair = optarg; break;
		case 'C': p->dir = optarg; break;
		case 'f': p->foreground = true; break;
		case 'G': p->group = optarg; break;
		case 'r': p->remote = true; break;
		case 't': p->check = true; break;
		case 'U': p->user = optarg; break;
		case 'x': p->command = optarg; break;

		case 'V':
			(void)puts("tandem " TANDEM_VERSION);
			*status = 0;
			return false;

		case 'h':
			usage(stdout);
			*status = 0;
			return false;

		default:
			usage(stderr);
			return false;
		}
	}

	if (explain && p->check) {
		p->explainc = argc - optind;
		p->explainv = argv + optind;
		return true;
	}

	if (optind < argc || explain) {
		(void)fprintf(stderr, "tandem: what is '%s'?\n",
			      explain ? "--explain" : argv[optind]);
		usage(stderr);
		return false;
	}

	if (p->pair && !p->check) {
		(void)fputs("tandem: --pair needs -t\n", stderr);
		return false;
	}

	if (p->command && !p->remote) {
		(void)fputs("tandem: -x needs -r\n", stderr);
		return false;
	}

	return true;
}
