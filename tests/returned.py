"""Mail that comes in, written by hand as programs write it: Thunderbird's answer to an invitation, Postfix's report."""

from datetime import datetime

STAMP = "%Y%m%dT%H%M%SZ"


def reply(
    to: str,
    uid: str,
    stamp: datetime,
    *,
    sequence: int = 0,
    answer: str = "DECLINED",
    identity: str = "1@home.example",
    headers: str = "",
) -> bytes:
    """What Thunderbird sends to the organizer: the calendar beside the words, and again attached."""
    calendar = f"""\
BEGIN:VCALENDAR
PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
CREATED:{stamp:{STAMP}}
LAST-MODIFIED:{stamp:{STAMP}}
DTSTAMP:{stamp:{STAMP}}
UID:{uid}
SUMMARY:Soudeur\\, soudeuse
ORGANIZER;CN=Inscriptions:mailto:{to}
ATTENDEE;CN=Zoé;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={answer}:mailto:zoe@example.org
DTSTART;TZID=Europe/Paris:20270112T090000
DTEND;TZID=Europe/Paris:20270112T100000
SEQUENCE:{sequence}
END:VEVENT
END:VCALENDAR
"""
    text = f"""\
Message-ID: <{identity}>
Date: Mon, 4 Jan 2027 10:00:00 +0100
MIME-Version: 1.0
From: =?UTF-8?Q?Zo=C3=A9?= <zoe@example.org>
To: {to}
Subject: =?UTF-8?Q?D=C3=A9clin=C3=A9_=3A_Soudeur?=
{headers}Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset=UTF-8

Zoé a décliné votre invitation.

--inner
Content-Type: text/calendar; method=REPLY; charset=UTF-8
Content-Transfer-Encoding: 8bit

{calendar}
--inner--

--outer
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: 8bit

{calendar}
--outer--
"""
    return text.replace("\n", "\r\n").encode()


def report(to: str, *, action: str = "failed", status: str = "5.1.1", identity: str = "2@mx.example") -> bytes:
    """What Postfix gives back to the address in the envelope."""
    text = f"""\
Return-Path: <>
Delivered-To: {to}
Received: by mx.example (Postfix) id 4F0B01A; Mon,  4 Jan 2027 10:00:00 +0100 (CET)
Date: Mon,  4 Jan 2027 10:00:00 +0100 (CET)
From: MAILER-DAEMON@mx.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4F0B01A.1/mx.example"
Message-Id: <{identity}>

This is a MIME-encapsulated message.

--4F0B01A.1/mx.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.

<zoe@example.org>: host mail.example[192.0.2.1] said: 550 {status} <zoe@example.org>: User unknown

--4F0B01A.1/mx.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 4F0B01A
X-Postfix-Sender: rfc822; {to}
Arrival-Date: Mon,  4 Jan 2027 09:59:59 +0100 (CET)

Final-Recipient: rfc822; zoe@example.org
Original-Recipient: rfc822;zoe@example.org
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example
Diagnostic-Code: smtp; 550 {status} <zoe@example.org>: User unknown

--4F0B01A.1/mx.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <{to}>
To: zoe@example.org
Subject: Votre place

--4F0B01A.1/mx.example--
"""
    return text.replace("\n", "\r\n").encode()
