#!/usr/bin/python3
"""A camera with a card, by ONVIF (device, media, recording services). Options: see simulated_device.py, and

--login WHAT        token (default), digest, both: what it knows; closed: HTTP's digest for every question
--clock-skew N      seconds that its clock is ahead; tokens more than 5 seconds off it are refused
--no-backup         offers no backup of its own
--no-recording      has no recording service
--no-services       an old one: GetCapabilities alone tells the services

Known to set by /__sim/set: {"hostname": "x"}, {"name": "x"}, {"users": {"joe": "Operator"}} (null takes one
away), {"encoders": {"enc1": {"Quality": "3"}}}, {"recordings": {"rec1": {"retention": "P7D"}}},
{"jobs": {"job1": {"Mode": "Idle"}}}, {"osds": {"osd1": "text"}}, {"ntp": ["192.0.2.123"]}, {"dns": […]},
{"zone": "UTC0"}, {"address": "192.0.2.21"}, {"gateway": "192.0.2.1"}, {"ports": {"RTSP": "554"}},
{"foreign_uri": true} (its backup is said to lie on another host).
"""

import base64
import copy
import datetime
import hashlib
import json
import pathlib
import re
import sys
import time
import urllib.parse
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from simulated_device import Answer, Device, main  # noqa: E402

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
TDS = "http://www.onvif.org/ver10/device/wsdl"
TRT = "http://www.onvif.org/ver10/media/wsdl"
TRC = "http://www.onvif.org/ver10/recording/wsdl"
TT = "http://www.onvif.org/ver10/schema"
SERVICES = {
    TDS: ("tds", "/onvif/device_service"),
    TRT: ("trt", "/onvif/media_service"),
    TRC: ("trc", "/onvif/recording_service"),
}
OPEN = {"GetSystemDateAndTime", "GetServices", "GetServiceCapabilities", "GetCapabilities", "GetHostname",
        "GetEndpointReference", "GetWsdlUrl"}  # fmt: skip
SKEW_MAX = 5
BACKUP_MARK = b"SIMULATED-ONVIF-BACKUP\0"

FIRST = {
    "hostname": "cam-hall-nord",
    "name": "Hall nord",
    "location": ["city/Paris", "building/SIEGEPARIS"],
    "users": {"coffre": "Administrator", "accueil": "Operator", "ronde": "User"},
    "zone": "CET-1CEST,M3.5.0,M10.5.0/3",
    "ntp": ["192.0.2.123"],
    "dns": ["192.0.2.53"],
    "search": ["example.com"],
    "gateway": "192.0.2.1",
    "address": "192.0.2.20",
    "prefix": "24",
    "ports": {"HTTP": "80", "HTTPS": "443", "RTSP": "554"},
    "enabled": {"HTTP": "false", "HTTPS": "true", "RTSP": "true"},
    "encoders": {
        "enc1": {"Name": "principal", "Encoding": "H264", "Width": "1920", "Height": "1080", "Quality": "4",
                 "FrameRateLimit": "25", "BitrateLimit": "4096", "GovLength": "50"},
        "enc2": {"Name": "mobile", "Encoding": "H264", "Width": "640", "Height": "360", "Quality": "3",
                 "FrameRateLimit": "10", "BitrateLimit": "512", "GovLength": "20"},
    },
    "osds": {"osd1": "CLIEXEMP <Hall> & quai"},
    "recordings": {"rec1": {"name": "Hall nord", "retention": "P30D"}},
    "jobs": {"job1": {"Mode": "Active", "Priority": "1"}},
}  # fmt: skip


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def find(element, path):
    for name in path.split("/"):
        element = next((child for child in element if local(child) == name), None)
        if element is None:
            return None
    return element


def text(element, path, otherwise=""):
    found = find(element, path)
    return otherwise if found is None or found.text is None else found.text.strip()


def all_of(element, name):
    return [child for child in element if local(child) == name]


def require(good, what):
    if not good:
        raise fault("Sender", "InvalidArgVal", what, 400)


def fault(code, subcode, reason, status=500):
    body = (
        f"<env:Fault><env:Code><env:Value>env:{code}</env:Value>"
        f"<env:Subcode><env:Value>ter:{subcode}</env:Value></env:Subcode></env:Code>"
        f'<env:Reason><env:Text xml:lang="en">{escape(reason)}</env:Text></env:Reason></env:Fault>'
    )
    return Answer(status, envelope(body), "application/soap+xml; charset=utf-8")


def envelope(body):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<env:Envelope xmlns:env="{SOAP}" xmlns:tds="{TDS}" xmlns:trt="{TRT}" xmlns:trc="{TRC}" '
        f'xmlns:tt="{TT}" xmlns:ter="http://www.onvif.org/ver10/error"><env:Body>{body}</env:Body></env:Envelope>'
    )


class Onvif(Device):
    realm = "ONVIF"
    error_text = fault("Receiver", "Action", "out of order").body.decode("utf-8")

    def __init__(self, options, number):
        super().__init__(options, number)
        self.values = copy.deepcopy(FIRST)
        self.serial = options.serial or f"SIM{number + 1:07}"
        self.firmware = options.firmware or "2.8.1"
        self.values["users"].setdefault(options.user, "Administrator")
        self.nonces = set()
        self.asked = 0
        self.foreign_uri = False

    def state(self):
        return {"values": self.values}

    def set(self, values):
        for name, value in values.items():
            if name == "foreign_uri":
                self.foreign_uri = value
            elif isinstance(value, dict):
                for key, one in value.items():
                    if one is None:
                        self.values[name].pop(key, None)
                    elif isinstance(one, dict):
                        self.values[name].setdefault(key, {}).update(one)
                    else:
                        self.values[name][key] = one
            else:
                self.values[name] = value

    def now(self):
        return datetime.datetime.fromtimestamp(
            time.time() + self.options.clock_skew, datetime.timezone.utc)

    # Logins.

    def check_login(self, request):
        if not request.path.startswith("/onvif/"):
            self.check_digest(request)
            return
        if self.options.login == "closed":
            self.check_digest(request)
            return
        document = self.document_of(request)
        operation = find(document, "Body")[0]
        if local(operation) in OPEN:
            return
        token = find(document, "Header/Security/UsernameToken")
        if token is not None and self.options.login in ("token", "both"):
            self.check_token(token)
        elif self.options.login in ("digest", "both"):
            self.check_digest(request)
        else:
            if request.headers.get("Authorization"):
                self.logins += 1
                self.count_failure()
            raise self.not_authorized()

    @staticmethod
    def not_authorized():
        return fault("Sender", "NotAuthorized", "the sender is not authorized", 400)

    def check_token(self, token):
        self.logins += 1
        user = text(token, "Username")
        password = self.password_of(user)
        nonce = text(token, "Nonce")
        created = text(token, "Created")
        good = password is not None and not self.locked and nonce and created and nonce not in self.nonces
        if good:
            when = datetime.datetime.strptime(created[:19], "%Y-%m-%dT%H:%M:%S")
            when = when.replace(tzinfo=datetime.timezone.utc)
            good = abs((when - self.now()).total_seconds()) <= SKEW_MAX
        if good:
            raw = base64.b64decode(nonce) + created.encode() + password.encode()
            expected = base64.b64encode(hashlib.sha1(raw, usedforsecurity=False).digest()).decode()
            good = expected == text(token, "Password")
        if not good:
            self.count_failure()
            raise self.not_authorized()
        self.nonces.add(nonce)
        self.count_success()

    @staticmethod
    def document_of(request):
        try:
            document = ET.fromstring(request.body)
            require(local(document) == "Envelope" and len(find(document, "Body")) == 1, "no envelope")
            return document
        except (ET.ParseError, TypeError):
            raise fault("Sender", "WellFormed", "not well formed", 400) from None

    # Requests.

    def handle(self, request):
        if request.path == "/sim/backup.bin" and request.method == "GET" and not self.options.no_backup:
            content = BACKUP_MARK + json.dumps(self.values).encode("utf-8")
            return Answer(200, content, "application/octet-stream")
        if request.path == "/sim/restore" and request.method == "POST":
            return self.take_backup(request)
        if request.method != "POST" or not request.path.startswith("/onvif/"):
            return Answer(404)
        operation = find(self.document_of(request), "Body")[0]
        namespace = operation.tag[1:].split("}")[0]
        name = local(operation)
        key = f"SOAP {name}"
        self.counts[key] = self.counts.get(key, 0) + 1
        prefix, path = SERVICES.get(namespace, ("", ""))
        handler = getattr(self, f"{prefix}_{name}", None)
        if path != request.path or handler is None or (prefix == "trc" and self.options.no_recording):
            raise fault("Receiver", "ActionNotSupported", "optional action not implemented")
        kind = self.fault_of(name)
        if kind == "fault-200":
            answer = fault("Receiver", "Action", "out of order", 200)
        elif kind:
            answer = fault("Receiver", kind, "out of order")
        else:
            inside = handler(operation, request)
            response = f"<{prefix}:{name}Response>{inside or ''}</{prefix}:{name}Response>"
            answer = Answer(200, envelope(response), "application/soap+xml; charset=utf-8")
        return answer

    def take_backup(self, request):
        if not request.body.startswith(BACKUP_MARK):
            return Answer(415)
        self.values = json.loads(request.body[len(BACKUP_MARK) :])
        self.reboot(0.2)
        return Answer(200)

    # The device service.

    def tds_GetSystemDateAndTime(self, *_):
        now = self.now()
        clock = "".join(
            f"<tt:{part}><tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
            f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date></tt:{part}>"
            for part in ("UTCDateTime", "LocalDateTime")
        )
        return (
            "<tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
            "<tt:DaylightSavings>true</tt:DaylightSavings>"
            f"<tt:TimeZone><tt:TZ>{self.values['zone']}</tt:TZ></tt:TimeZone>{clock}</tds:SystemDateAndTime>"
        )

    def tds_SetSystemDateAndTime(self, operation, _):
        require(text(operation, "DateTimeType") == "NTP", "DateTimeType")
        self.values["zone"] = text(operation, "TimeZone/TZ", self.values["zone"])

    def security(self):
        login = self.options.login
        return (
            f'<tds:Security UsernameToken="{str(login in ("token", "both")).lower()}" '
            f'HttpDigest="{str(login != "token").lower()}" TLS1.2="true"/>'
        )

    def tds_GetServiceCapabilities(self, *_):
        backup = str(not self.options.no_backup).lower()
        return (
            f'<tds:Capabilities><tds:Network NTP="1"/>{self.security()}'
            f'<tds:System SystemBackup="false" HttpSystemBackup="{backup}"/></tds:Capabilities>'
        )

    def address_of(self, request, path):
        scheme = "https" if self.options.cert else "http"
        return f"{scheme}://{request.host}{path}"

    def tds_GetServices(self, _, request):
        if self.options.no_services:
            raise fault("Receiver", "ActionNotSupported", "optional action not implemented")
        return "".join(
            f"<tds:Service><tds:Namespace>{name}</tds:Namespace>"
            f"<tds:XAddr>{self.address_of(request, path)}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            for name, (_, path) in SERVICES.items()
            if name != TRC or not self.options.no_recording
        )

    def tds_GetCapabilities(self, _, request):
        def service(name, namespace):
            address = self.address_of(request, SERVICES[namespace][1])
            return f"<tt:{name}><tt:XAddr>{address}</tt:XAddr></tt:{name}>"

        recording = "" if self.options.no_recording else service("Recording", TRC)
        return (
            f"<tds:Capabilities>{service('Device', TDS)}{service('Media', TRT)}"
            f"<tt:Extension>{recording}</tt:Extension></tds:Capabilities>"
        )

    def tds_GetDeviceInformation(self, *_):
        return (
            "<tds:Manufacturer>Simulated</tds:Manufacturer><tds:Model>SIM-DOME-2</tds:Model>"
            f"<tds:FirmwareVersion>{self.firmware}</tds:FirmwareVersion>"
            f"<tds:SerialNumber>{self.serial}</tds:SerialNumber><tds:HardwareId>1.0</tds:HardwareId>"
        )

    def tds_GetUsers(self, *_):
        return "".join(
            f"<tds:User><tt:Username>{escape(name)}</tt:Username>"
            f"<tt:UserLevel>{level}</tt:UserLevel></tds:User>"
            for name, level in self.values["users"].items()
        )

    def tds_SetUser(self, operation, _):
        for user in all_of(operation, "User"):
            name = text(user, "Username")
            require(name in self.values["users"], "Username")
            require(text(user, "UserLevel") in ("Administrator", "Operator", "User"), "UserLevel")
            self.values["users"][name] = text(user, "UserLevel")

    def tds_CreateUsers(self, operation, _):
        for user in all_of(operation, "User"):
            require(text(user, "Password") != "", "Password")
            self.values["users"][text(user, "Username")] = text(user, "UserLevel")

    def tds_DeleteUsers(self, operation, _):
        for name in all_of(operation, "Username"):
            require(name.text in self.values["users"], "Username")
            del self.values["users"][name.text]

    def tds_GetScopes(self, *_):
        fixed = ["type/video_encoder", "Profile/Streaming", "Profile/G", "hardware/SIM-DOME-2"]
        own = ["name/" + urllib.parse.quote(self.values["name"])]
        own += ["location/" + place for place in self.values["location"]]
        self.asked += 1
        if self.asked % 2:
            own.reverse()  # their order says nothing
        return "".join(
            f"<tds:Scopes><tt:ScopeDef>{sort}</tt:ScopeDef>"
            f"<tt:ScopeItem>onvif://www.onvif.org/{escape(scope)}</tt:ScopeItem></tds:Scopes>"
            for sort, scopes in (("Fixed", fixed), ("Configurable", own))
            for scope in scopes
        )

    def tds_SetScopes(self, operation, _):
        scopes = [scope.text.removeprefix("onvif://www.onvif.org/") for scope in all_of(operation, "Scopes")]
        require(scopes and not any(scope.startswith("type/") for scope in scopes), "Scopes")
        names = [scope[5:] for scope in scopes if scope.startswith("name/")]
        self.values["name"] = urllib.parse.unquote(names[0]) if names else ""
        self.values["location"] = [scope[9:] for scope in scopes if scope.startswith("location/")]

    def tds_GetHostname(self, *_):
        return (
            "<tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>"
            f"<tt:Name>{escape(self.values['hostname'])}</tt:Name></tds:HostnameInformation>"
        )

    def tds_SetHostname(self, operation, _):
        name = text(operation, "Name")
        require(re.fullmatch(r"[A-Za-z0-9-]{1,63}", name), "Name")
        self.values["hostname"] = name

    @staticmethod
    def hosts(name, addresses, prefix="tt"):
        return "".join(
            f"<{prefix}:{name}><tt:Type>IPv4</tt:Type>"
            f"<tt:IPv4Address>{address}</tt:IPv4Address></{prefix}:{name}>"
            for address in addresses
        )

    @staticmethod
    def hosts_in(operation, name):
        hosts = []
        for host in all_of(operation, name):
            require(text(host, "Type") in ("IPv4", "IPv6", "DNS"), "Type")
            hosts.append(text(host, "IPv4Address") or text(host, "DNSname"))
        return hosts

    def tds_GetNTP(self, *_):
        inside = self.hosts("NTPManual", self.values["ntp"])
        return f"<tds:NTPInformation><tt:FromDHCP>false</tt:FromDHCP>{inside}</tds:NTPInformation>"

    def tds_SetNTP(self, operation, _):
        require(text(operation, "FromDHCP") in ("true", "false"), "FromDHCP")
        self.values["ntp"] = self.hosts_in(operation, "NTPManual")

    def tds_GetDNS(self, *_):
        domains = "".join(f"<tt:SearchDomain>{one}</tt:SearchDomain>" for one in self.values["search"])
        inside = domains + self.hosts("DNSManual", self.values["dns"])
        return f"<tds:DNSInformation><tt:FromDHCP>false</tt:FromDHCP>{inside}</tds:DNSInformation>"

    def tds_SetDNS(self, operation, _):
        self.values["dns"] = self.hosts_in(operation, "DNSManual")
        self.values["search"] = [one.text for one in all_of(operation, "SearchDomain")]

    def tds_GetNetworkDefaultGateway(self, *_):
        address = f"<tt:IPv4Address>{self.values['gateway']}</tt:IPv4Address>"
        return f"<tds:NetworkGateway>{address}</tds:NetworkGateway>"

    def tds_SetNetworkDefaultGateway(self, operation, _):
        self.values["gateway"] = text(operation, "IPv4Address")

    def tds_GetNetworkInterfaces(self, *_):
        return (
            '<tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info>'
            "<tt:Name>eth0</tt:Name><tt:HwAddress>00:00:5e:00:53:01</tt:HwAddress>"
            "<tt:MTU>1500</tt:MTU></tt:Info><tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config>"
            f"<tt:Manual><tt:Address>{self.values['address']}</tt:Address>"
            f"<tt:PrefixLength>{self.values['prefix']}</tt:PrefixLength></tt:Manual>"
            "<tt:LinkLocal><tt:Address>169.254.7.9</tt:Address><tt:PrefixLength>16</tt:PrefixLength>"
            "</tt:LinkLocal><tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4></tds:NetworkInterfaces>"
        )

    def tds_SetNetworkInterfaces(self, operation, _):
        require(text(operation, "InterfaceToken") == "eth0", "InterfaceToken")
        four = find(operation, "NetworkInterface/IPv4")
        self.values["address"] = text(four, "Manual/Address")
        self.values["prefix"] = text(four, "Manual/PrefixLength")
        return "<tds:RebootNeeded>true</tds:RebootNeeded>"

    def tds_GetNetworkProtocols(self, *_):
        return "".join(
            f"<tds:NetworkProtocols><tt:Name>{name}</tt:Name>"
            f"<tt:Enabled>{self.values['enabled'][name]}</tt:Enabled>"
            f"<tt:Port>{port}</tt:Port></tds:NetworkProtocols>"
            for name, port in self.values["ports"].items()
        )

    def tds_SetNetworkProtocols(self, operation, _):
        for one in all_of(operation, "NetworkProtocols"):
            require(text(one, "Name") in self.values["ports"], "Name")
            self.values["ports"][text(one, "Name")] = text(one, "Port")
            self.values["enabled"][text(one, "Name")] = text(one, "Enabled")

    def tds_SystemReboot(self, *_):
        self.reboot(0.2)
        return "<tds:Message>Rebooting</tds:Message>"

    def tds_GetSystemUris(self, _, request):
        if self.options.no_backup:
            raise fault("Receiver", "ActionNotSupported", "optional action not implemented")
        uri = self.address_of(request, "/sim/backup.bin?session=17")
        if self.foreign_uri:
            uri = "https://192.0.2.66/sim/backup.bin"
        return f"<tds:SystemBackupUri>{uri}</tds:SystemBackupUri>"

    def tds_StartSystemRestore(self, _, request):
        if self.options.no_backup:
            raise fault("Receiver", "ActionNotSupported", "optional action not implemented")
        uri = self.address_of(request, "/sim/restore")
        return f"<tds:UploadUri>{uri}</tds:UploadUri><tds:ExpectedDownTime>PT10S</tds:ExpectedDownTime>"

    # The media service.

    def encoder(self, token, name):
        one = self.values["encoders"][token]
        self.asked += 1
        return (
            f'<{name} token="{token}"><tt:Name>{escape(one["Name"])}</tt:Name>'
            f"<tt:UseCount>{1 + self.asked % 3}</tt:UseCount><tt:Encoding>{one['Encoding']}</tt:Encoding>"
            f"<tt:Resolution><tt:Width>{one['Width']}</tt:Width><tt:Height>{one['Height']}</tt:Height>"
            f"</tt:Resolution><tt:Quality>{one['Quality']}</tt:Quality><tt:RateControl>"
            f"<tt:FrameRateLimit>{one['FrameRateLimit']}</tt:FrameRateLimit>"
            f"<tt:EncodingInterval>1</tt:EncodingInterval>"
            f"<tt:BitrateLimit>{one['BitrateLimit']}</tt:BitrateLimit></tt:RateControl>"
            f"<tt:H264><tt:GovLength>{one['GovLength']}</tt:GovLength>"
            "<tt:H264Profile>High</tt:H264Profile></tt:H264><tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type>"
            "<tt:IPv4Address>239.192.0.1</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>5</tt:TTL>"
            f"<tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
            f"<tt:SessionTimeout>PT60S</tt:SessionTimeout></{name}>"
        )

    SOURCE = (
        '<tt:VideoSourceConfiguration token="vsc1"><tt:Name>capteur</tt:Name><tt:UseCount>2</tt:UseCount>'
        '<tt:SourceToken>vs1</tt:SourceToken><tt:Bounds x="0" y="0" width="1920" height="1080"/>'
        "</tt:VideoSourceConfiguration>"
    )

    def trt_GetProfiles(self, *_):
        return "".join(
            f'<trt:Profiles token="prof{number}" fixed="true"><tt:Name>profil-{number}</tt:Name>{self.SOURCE}'
            f"{self.encoder(token, 'tt:VideoEncoderConfiguration')}</trt:Profiles>"
            for number, token in enumerate(self.values["encoders"], 1)
        )

    def trt_GetVideoSources(self, *_):
        return (
            '<trt:VideoSources token="vs1"><tt:Framerate>25</tt:Framerate><tt:Resolution>'
            "<tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution>"
            "<tt:Imaging><tt:Brightness>50</tt:Brightness><tt:Contrast>50</tt:Contrast></tt:Imaging>"
            "</trt:VideoSources>"
        )

    def trt_GetVideoEncoderConfigurations(self, *_):
        return "".join(self.encoder(token, "trt:Configurations") for token in self.values["encoders"])

    def trt_GetVideoEncoderConfiguration(self, operation, _):
        token = text(operation, "ConfigurationToken")
        require(token in self.values["encoders"], "ConfigurationToken")
        return self.encoder(token, "trt:Configuration")

    def trt_SetVideoEncoderConfiguration(self, operation, _):
        one = find(operation, "Configuration")
        require(text(operation, "ForcePersistence") == "true", "ForcePersistence")
        require(one is not None and one.get("token") in self.values["encoders"], "token")
        for name in ("Name", "UseCount", "Encoding", "Resolution", "Quality", "Multicast", "SessionTimeout"):
            require(find(one, name) is not None, name)
            require(find(one, name).tag == f"{{{TT}}}{name}", f"namespace of {name}")
        self.values["encoders"][one.get("token")] = {
            "Name": text(one, "Name"), "Encoding": text(one, "Encoding"),
            "Width": text(one, "Resolution/Width"), "Height": text(one, "Resolution/Height"),
            "Quality": text(one, "Quality"), "FrameRateLimit": text(one, "RateControl/FrameRateLimit"),
            "BitrateLimit": text(one, "RateControl/BitrateLimit"), "GovLength": text(one, "H264/GovLength"),
        }  # fmt: skip

    def trt_GetOSDs(self, *_):
        return "".join(
            f'<trt:OSDs token="{token}">'
            "<tt:VideoSourceConfigurationToken>vsc1</tt:VideoSourceConfigurationToken>"
            "<tt:Type>Text</tt:Type><tt:Position><tt:Type>UpperLeft</tt:Type></tt:Position><tt:TextString>"
            f"<tt:Type>Plain</tt:Type><tt:PlainText>{escape(plain)}</tt:PlainText></tt:TextString></trt:OSDs>"
            for token, plain in self.values["osds"].items()
        )

    def trt_SetOSD(self, operation, _):
        one = find(operation, "OSD")
        require(one is not None and one.get("token") in self.values["osds"], "token")
        self.values["osds"][one.get("token")] = text(one, "TextString/PlainText")

    # The recording service.

    def trc_GetRecordings(self, *_):
        return "".join(
            f"<trc:RecordingItem><tt:RecordingToken>{token}</tt:RecordingToken><tt:Configuration><tt:Source>"
            f"<tt:SourceId>urn:sim:1</tt:SourceId><tt:Name>{escape(one['name'])}</tt:Name><tt:Location/>"
            "<tt:Description/><tt:Address/></tt:Source><tt:Content>Hall</tt:Content>"
            f"<tt:MaximumRetentionTime>{one['retention']}</tt:MaximumRetentionTime></tt:Configuration>"
            "<tt:Tracks><tt:Track><tt:TrackToken>v1</tt:TrackToken><tt:Configuration>"
            "<tt:TrackType>Video</tt:TrackType><tt:Description/></tt:Configuration></tt:Track></tt:Tracks>"
            "</trc:RecordingItem>"
            for token, one in self.values["recordings"].items()
        )

    def trc_SetRecordingConfiguration(self, operation, _):
        token = text(operation, "RecordingToken")
        require(token in self.values["recordings"], "RecordingToken")
        one = find(operation, "RecordingConfiguration")
        self.values["recordings"][token] = {
            "name": text(one, "Source/Name"), "retention": text(one, "MaximumRetentionTime")}  # fmt: skip

    def trc_GetRecordingJobs(self, *_):
        return "".join(
            f"<trc:JobItem><tt:JobToken>{token}</tt:JobToken><tt:JobConfiguration>"
            f"<tt:RecordingToken>rec1</tt:RecordingToken><tt:Mode>{one['Mode']}</tt:Mode>"
            f"<tt:Priority>{one['Priority']}</tt:Priority></tt:JobConfiguration></trc:JobItem>"
            for token, one in self.values["jobs"].items()
        )

    def trc_SetRecordingJobMode(self, operation, _):
        require(text(operation, "JobToken") in self.values["jobs"], "JobToken")
        self.values["jobs"][text(operation, "JobToken")]["Mode"] = text(operation, "Mode")

    def trc_SetRecordingJobConfiguration(self, operation, _):
        token = text(operation, "JobToken")
        require(token in self.values["jobs"], "JobToken")
        one = find(operation, "JobConfiguration")
        self.values["jobs"][token] = {"Mode": text(one, "Mode"), "Priority": text(one, "Priority")}


def more(parser):
    parser.add_argument("--login", choices=["token", "digest", "both", "closed"], default="token")
    parser.add_argument("--clock-skew", type=int, default=0)
    parser.add_argument("--no-backup", action="store_true")
    parser.add_argument("--no-recording", action="store_true")
    parser.add_argument("--no-services", action="store_true")


if __name__ == "__main__":
    main(Onvif, __doc__, more)
