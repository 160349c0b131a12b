"""AGI with a client that we did not write: Debian's libasterisk-agi-perl; and
EAGI, a program that hears the caller."""

import shutil
import stat
import subprocess

import pytest


PLAN = """\
[office]
exten => 1,1,Set(HERE=there)
 same => n,AGI(all.pl,one,two words)
 same => n,Set(CDR(userfield)=${AGISTATUS} ${RESULT})
 same => n,Hangup()
exten => 2,1,EAGI(ear.pl)
 same => n,Set(CDR(userfield)=${AGISTATUS} ${HEARD})
exten => 7,1,NoOp()
[sub]
exten => s,1,Set(SUB=${ARG1}${ARG2})
 same => n,Return(done)
"""

# Each line of the result: a command's name, what came of it, what was wanted
ALL = r"""#!/usr/bin/perl
use strict;
use Asterisk::AGI;

my $agi = Asterisk::AGI->new;
my %env = $agi->ReadParse();
my (@bad, $n);

sub is
{
	my ($what, $got, $want) = @_;

	$n++;
	$got = 'undef' unless defined $got;
	push @bad, "$what=$got,not $want" unless $got eq $want;
}

is('request', $env{request}, 'all.pl');
is('arg_1', $env{arg_1}, 'one');
is('arg_2', $env{arg_2}, 'two words');
is('extension', $env{extension}, '1');
is('context', $env{context}, 'office');
is('callerid', $env{callerid}, '1001');
is('calleridname', $env{calleridname}, 'Anna');
is('language', $env{language}, 'en');
is('enhanced', $env{enhanced}, '0.0');

is('CHANNEL STATUS', $agi->channel_status(), 4);
is('ANSWER', $agi->answer(), 0);
is('CHANNEL STATUS', $agi->channel_status(), 6);
is('NOOP', $agi->noop('x'), 0);
is('VERBOSE', $agi->verbose('hello', 1), 1);
is('GET VARIABLE', $agi->get_variable('HERE'), 'there');
is('GET VARIABLE', $agi->get_variable('NONE'), 'undef');
is('SET VARIABLE', $agi->set_variable('A', 'b c'), 1);
is('GET FULL VARIABLE', $agi->get_full_variable('${A}/${HERE}'), 'b c/there');
is('EXEC', $agi->exec('Set', 'B=7'), 0);
is('GET VARIABLE', $agi->get_variable('B'), 7);
is('EXEC', $agi->exec('NoSuchThing', ''), -2);
is('DATABASE PUT', $agi->database_put('fam', 'key', 'value'), 1);
is('DATABASE GET', $agi->database_get('fam', 'key'), 'value');
is('DATABASE DEL', $agi->database_del('fam', 'key'), 1);
is('DATABASE GET', $agi->database_get('fam', 'key'), 'undef');
is('DATABASE PUT', $agi->database_put('fam', 'a/b', 1), 1);
is('DATABASE DELTREE', $agi->database_deltree('fam'), 1);
is('SET CALLERID', $agi->set_callerid('"Eve" <77>'), 1);
is('GET VARIABLE', $agi->get_full_variable('${CALLERID(num)}'), 77);
is('SET AUTOHANGUP', $agi->set_autohangup(60), 0);
is('SET MUSIC', $agi->set_music('off'), 0);
is('SEND TEXT', $agi->send_text('hi'), 0);
is('SEND IMAGE', $agi->send_image('logo'), -1);
is('TDD MODE', $agi->tdd_mode('on'), -1);
is('RECEIVE CHAR', $agi->receive_char(100), -1);
is('RECEIVE TEXT', $agi->receive_text(100), -1);
is('GOSUB', $agi->execute('GOSUB sub s 1 x,y'), 0);
is('GET VARIABLE', $agi->get_variable('SUB'), 'xy');
is('ASYNCAGI BREAK', $agi->execute('ASYNCAGI BREAK'), 0);
is('unknown', $agi->execute('NOT A COMMAND'), 'undef');

# what is heard; the test presses the keys that it is asked for
sub ask { $agi->verbose("press $_[0].", 1); }

is('STREAM FILE', $agi->stream_file('one', '""'), 0);
ask('1');
is('STREAM FILE', $agi->stream_file('long', '1'), ord '1');
ask('2');
is('CONTROL STREAM FILE', $agi->control_stream_file('long', '2', 3000, '#',
	'*'), ord '2');
ask('3');
is('GET OPTION', $agi->execute('GET OPTION long 3 500'), ord '3');
ask('4');
is('WAIT FOR DIGIT', $agi->wait_for_digit(8000), ord '4');
ask('56');
is('GET DATA', $agi->get_data('long', 3000, 2), '56');
ask('7');
is('SAY DIGITS', $agi->say_digits('23', '7'), ord '7');
is('SAY NUMBER', $agi->say_number('21', '""'), 0);
is('SAY ALPHA', $agi->say_alpha('a', '""'), 0);
is('SAY PHONETIC', $agi->say_phonetic('a', '""'), 0);
is('SAY DATE', $agi->say_date(0, '""'), 0);
is('SAY TIME', $agi->say_time(0, '""'), 0);
is('SAY DATETIME', $agi->say_datetime(0, '""', 'Y', 'UTC'), 0);
ask('8');
is('RECORD FILE', $agi->record_file($env{arg_1} . '-note', 'wav', '8', 4000),
	ord '8');
is('SET CONTEXT', $agi->set_context('office'), 0);
is('SET EXTENSION', $agi->set_extension('1'), 0);
is('SET PRIORITY', $agi->set_priority(3), 0);
$agi->set_variable('RESULT', @bad ? join(';', @bad) : "$n good");
"""
EAR = r"""#!/usr/bin/perl
# counts how often the sign changes in a second of what the caller says
use strict;
use Asterisk::AGI;

my $agi = Asterisk::AGI->new;
my %env = $agi->ReadParse();
open(my $in, '<&=', 3) or die;
binmode $in;
read($in, my $skip, 8000);
read($in, my $pcm, 16000);
my ($last, $n) = (0, 0);
foreach my $s (unpack('s<*', $pcm)) {
	$n++ if $last < 0 && $s >= 0;
	$last = $s;
}
$agi->set_variable('HEARD', "$env{enhanced} $n");
"""
# what is said, as tones that only have to be long or short
SHORT = ["one", "digits/1", "digits/20", "letters/a", "phonetic/a_p",
         "digits/day-4", "digits/mon-0", "digits/h-1", "digits/19",
         "digits/70", "digits/12", "digits/oclock", "digits/a-m"]


@pytest.fixture
def office(make_tandem):
    if not shutil.which("perl") or subprocess.run(
            ["perl", "-MAsterisk::AGI", "-e1"], stderr=subprocess.DEVNULL,
            check=False).returncode:
        pytest.skip("libasterisk-agi-perl is not installed")
    tandem = make_tandem(plan=PLAN, start=False)
    tandem.append("tandem.conf", "agi=agi\n")
    for name, text in (("agi/all.pl", ALL), ("agi/ear.pl", EAR)):
        path = tandem.write(name, text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    tandem.tones(dict.fromkeys(SHORT, 500), 800)
    tandem.tones({"long": 600, "digits/2": 700, "digits/3": 800}, 32000)
    return tandem.start()


def test_all_commands(office, phones):
    anna = phones(office, "1001")
    call = anna.call("1")
    message = call.wait("MESSAGE", 10)
    assert message.text == "hi"
    anna.reply(message, 200)
    for keys in ("1", "2", "3", "4", "56", "7", "8"):
        office.log.wait(rf"press {keys}\.", 10)
        call.rtp.press(keys)
    call.gone(20)
    row = office.cdr()[0]
    assert row["userfield"].startswith("SUCCESS "), row["userfield"]
    assert row["userfield"].endswith(" good"), row["userfield"]


def test_eagi_hears_the_caller(office, phones):
    """A tone of 1000 Hz changes its sign a thousand times a second."""
    call = phones(office, "1001").call("2", freq=1000)
    call.gone(12)
    status, enhanced, count = office.cdr()[0]["userfield"].split()
    assert (status, enhanced) == ("SUCCESS", "1.0")
    assert 950 <= int(count) <= 1050
