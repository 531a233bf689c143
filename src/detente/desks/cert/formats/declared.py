"""The objects of STIX 2.1 as data: the properties of each type and what each may hold.

A line is a type, its properties after it. `name!` is required. After the colon what it holds:

    text time int num bool hex binary url lang hashes dict phase     a plain value; a list has * first
    int(0,9)            a whole number from 0 to 9; without the second there is no end
    ref(a,b)            an id of one of these types; ref() of any; ref(sdo), ref(sco), ref(sro) of a group
    one(a,b)            one of these words and no other: closed in the standard
    some(name)          better one of VOCABULARIES[name], which is open

Source: OASIS STIX 2.1 of 2021-06-10, sections 3.2, 4 to 7.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Property:
    """What a property may hold. kind: a word of the notation above; given: what its brackets say."""

    kind: str
    given: tuple[str, ...] = ()
    many: bool = False
    required: bool = False


_COMMON: Final = """
created_by_ref:ref(identity) created!:time modified!:time revoked:bool labels:*text
confidence:int(0,100) lang:lang external_references:*reference object_marking_refs:*ref(marking-definition)
granular_markings:*granular extensions:extensions spec_version!:one(2.1) id!:id type!:text
"""
_COMMON_SCO: Final = """
spec_version:one(2.1) object_marking_refs:*ref(marking-definition) granular_markings:*granular
defanged:bool extensions:extensions id!:id type!:text
"""
_COMMON_MARKING: Final = """
spec_version!:one(2.1) id!:id type!:text created_by_ref:ref(identity) created!:time
external_references:*reference object_marking_refs:*ref(marking-definition)
granular_markings:*granular extensions:extensions
"""
_DOMAIN: Final = """
attack-pattern name!:text description:text aliases:*text kill_chain_phases:*phase
campaign name!:text description:text aliases:*text first_seen:time last_seen:time objective:text
course-of-action name!:text description:text
grouping name:text description:text context!:some(grouping-context) object_refs!:*ref()
identity name!:text description:text roles:*text identity_class:some(identity-class) sectors:*some(industry-sector) contact_information:text
incident name!:text description:text
indicator name:text description:text indicator_types:*some(indicator-type) pattern!:text pattern_type!:some(pattern-type) pattern_version:text valid_from!:time valid_until:time kill_chain_phases:*phase
infrastructure name!:text description:text infrastructure_types:*some(infrastructure-type) aliases:*text kill_chain_phases:*phase first_seen:time last_seen:time
intrusion-set name!:text description:text aliases:*text first_seen:time last_seen:time goals:*text resource_level:some(attack-resource-level) primary_motivation:some(attack-motivation) secondary_motivations:*some(attack-motivation)
location name:text description:text latitude:num(-90,90) longitude:num(-180,180) precision:num(0) region:some(region) country:text administrative_area:text city:text street_address:text postal_code:text
malware name:text description:text malware_types:*some(malware-type) is_family!:bool aliases:*text kill_chain_phases:*phase first_seen:time last_seen:time operating_system_refs:*ref(software) architecture_execution_envs:*some(processor-architecture) implementation_languages:*some(implementation-language) capabilities:*some(malware-capabilities) sample_refs:*ref(artifact,file)
malware-analysis product!:text version:text host_vm_ref:ref(software) operating_system_ref:ref(software) installed_software_refs:*ref(software) configuration_version:text modules:*text analysis_engine_version:text analysis_definition_version:text submitted:time analysis_started:time analysis_ended:time result_name:text result:some(malware-result) analysis_sco_refs:*ref(sco) sample_ref:ref(file,network-traffic,artifact)
note abstract:text content!:text authors:*text object_refs!:*ref()
observed-data first_observed!:time last_observed!:time number_observed!:int(1,999999999) objects:dict object_refs:*ref(sco,sro)
opinion explanation:text authors:*text opinion!:one(strongly-disagree,disagree,neutral,agree,strongly-agree) object_refs!:*ref()
report name!:text description:text report_types:*some(report-type) published!:time object_refs!:*ref()
threat-actor name!:text description:text threat_actor_types:*some(threat-actor-type) aliases:*text first_seen:time last_seen:time roles:*some(threat-actor-role) goals:*text sophistication:some(threat-actor-sophistication) resource_level:some(attack-resource-level) primary_motivation:some(attack-motivation) secondary_motivations:*some(attack-motivation) personal_motivations:*some(attack-motivation)
tool name!:text description:text tool_types:*some(tool-type) aliases:*text kill_chain_phases:*phase tool_version:text
vulnerability name!:text description:text
"""
_RELATION: Final = """
relationship relationship_type!:word description:text source_ref!:ref() target_ref!:ref() start_time:time stop_time:time
sighting description:text first_seen:time last_seen:time count:int(0,999999999) sighting_of_ref!:ref(sdo) observed_data_refs:*ref(observed-data) where_sighted_refs:*ref(identity,location) summary:bool
"""
_META: Final = """
language-content object_ref!:ref() object_modified:time contents!:dict
extension-definition created_by_ref!:ref(identity) name!:text description:text schema!:text version!:text extension_types!:*one(new-sdo,new-sco,new-sro,property-extension,toplevel-property-extension) extension_properties:*text
"""
_MARKING: Final = """
marking-definition name:text definition_type:some(marking-definition) definition:dict
"""
_OBSERVABLE: Final = """
artifact mime_type:text payload_bin:binary url:url hashes:hashes encryption_algorithm:one(AES-256-GCM,ChaCha20-Poly1305,mime-type-indicated) decryption_key:text
autonomous-system number!:int name:text rir:text
directory path!:text path_enc:text ctime:time mtime:time atime:time contains_refs:*ref(file,directory)
domain-name value!:text resolves_to_refs:*ref(ipv4-addr,ipv6-addr,domain-name)
email-addr value!:text display_name:text belongs_to_ref:ref(user-account)
email-message is_multipart!:bool date:time content_type:text from_ref:ref(email-addr) sender_ref:ref(email-addr) to_refs:*ref(email-addr) cc_refs:*ref(email-addr) bcc_refs:*ref(email-addr) message_id:text subject:text received_lines:*text additional_header_fields:dict body:text body_multipart:*mime raw_email_ref:ref(artifact)
file hashes:hashes size:int(0) name:text name_enc:text magic_number_hex:hex mime_type:text ctime:time mtime:time atime:time parent_directory_ref:ref(directory) contains_refs:*ref(sco) content_ref:ref(artifact)
ipv4-addr value!:ipv4 resolves_to_refs:*ref(mac-addr) belongs_to_refs:*ref(autonomous-system)
ipv6-addr value!:ipv6 resolves_to_refs:*ref(mac-addr) belongs_to_refs:*ref(autonomous-system)
mac-addr value!:mac
mutex name!:text
network-traffic start:time end:time is_active:bool src_ref:ref(ipv4-addr,ipv6-addr,mac-addr,domain-name) dst_ref:ref(ipv4-addr,ipv6-addr,mac-addr,domain-name) src_port:int(0,65535) dst_port:int(0,65535) protocols!:*text src_byte_count:int(0) dst_byte_count:int(0) src_packets:int(0) dst_packets:int(0) ipfix:dict src_payload_ref:ref(artifact) dst_payload_ref:ref(artifact) encapsulates_refs:*ref(network-traffic) encapsulated_by_ref:ref(network-traffic)
process is_hidden:bool pid:int created_time:time cwd:text command_line:text environment_variables:dict opened_connection_refs:*ref(network-traffic) creator_user_ref:ref(user-account) image_ref:ref(file) parent_ref:ref(process) child_refs:*ref(process)
software name!:text cpe:text swid:text languages:*text vendor:text version:text
url value!:url
user-account user_id:text credential:text account_login:text account_type:some(account-type) display_name:text is_service_account:bool is_privileged:bool can_escalate_privs:bool is_disabled:bool account_created:time account_expires:time credential_last_changed:time account_first_login:time account_last_login:time
windows-registry-key key:text values:*registry modified_time:time creator_user_ref:ref(user-account) number_of_subkeys:int(0)
x509-certificate is_self_signed:bool hashes:hashes version:text serial_number:text signature_algorithm:text issuer:text validity_not_before:time validity_not_after:time subject:text subject_public_key_algorithm:text subject_public_key_modulus:text subject_public_key_exponent:int x509_v3_extensions:dict
"""
_PARTS: Final = """
reference source_name!:text description:text url:url hashes:hashes external_id:text
granular lang:lang marking_ref:ref(marking-definition) selectors!:*selector
phase kill_chain_name!:text phase_name!:text
mime body:text body_raw_ref:ref(artifact,file) content_type:text content_disposition:text
registry name:text data:text data_type:one(REG_NONE,REG_SZ,REG_EXPAND_SZ,REG_BINARY,REG_DWORD,REG_DWORD_BIG_ENDIAN,REG_DWORD_LITTLE_ENDIAN,REG_LINK,REG_MULTI_SZ,REG_RESOURCE_LIST,REG_FULL_RESOURCE_DESCRIPTION,REG_RESOURCE_REQUIREMENTS_LIST,REG_QWORD,REG_INVALID_TYPE)
archive-ext contains_refs!:*ref(file,directory) comment:text
ntfs-ext sid:text alternate_data_streams:*stream
stream name!:text hashes:hashes size:int(0)
pdf-ext version:text is_optimized:bool document_info_dict:dict pdfid0:text pdfid1:text
raster-image-ext image_height:int image_width:int bits_per_pixel:int exif_tags:dict
windows-pebinary-ext pe_type!:some(windows-pebinary-type) imphash:text machine_hex:hex number_of_sections:int(0) time_date_stamp:time pointer_to_symbol_table_hex:hex number_of_symbols:int(0) size_of_optional_header:int(0) characteristics_hex:hex file_header_hashes:hashes optional_header:dict sections:*section
section name!:text size:int(0) entropy:num hashes:hashes
http-request-ext request_method!:text request_value!:text request_version:text request_header:dict message_body_length:int message_body_data_ref:ref(artifact)
icmp-ext icmp_type_hex!:hex icmp_code_hex!:hex
socket-ext address_family!:one(AF_UNSPEC,AF_INET,AF_IPX,AF_APPLETALK,AF_NETBIOS,AF_INET6,AF_IRDA,AF_BTH) is_blocking:bool is_listening:bool options:dict socket_type:one(SOCK_STREAM,SOCK_DGRAM,SOCK_RAW,SOCK_RDM,SOCK_SEQPACKET) socket_descriptor:int(0) socket_handle:int
tcp-ext src_flags_hex:hex dst_flags_hex:hex
windows-process-ext aslr_enabled:bool dep_enabled:bool priority:text owner_sid:text window_title:text startup_info:dict integrity_level:one(low,medium,high,system)
windows-service-ext service_name:text descriptions:*text display_name:text group_name:text start_type:one(SERVICE_AUTO_START,SERVICE_BOOT_START,SERVICE_DEMAND_START,SERVICE_DISABLED,SERVICE_SYSTEM_ALERT) service_dll_refs:*ref(file) service_type:one(SERVICE_KERNEL_DRIVER,SERVICE_FILE_SYSTEM_DRIVER,SERVICE_WIN32_OWN_PROCESS,SERVICE_WIN32_SHARE_PROCESS) service_status:one(SERVICE_CONTINUE_PENDING,SERVICE_PAUSE_PENDING,SERVICE_PAUSED,SERVICE_RUNNING,SERVICE_START_PENDING,SERVICE_STOP_PENDING,SERVICE_STOPPED)
unix-account-ext gid:int groups:*text home_dir:text shell:text
"""
_ONE: Final = re.compile(r"([a-z0-9_]+)(!?):(\*?)([a-z0-9]+)(?:\(([^)]*)\))?")

Properties = dict[str, Property]


def _read(line: str) -> Properties:
    found: Properties = {}
    for word in line.split():
        one = _ONE.fullmatch(word)
        assert one is not None, word
        given = tuple(one[5].split(",")) if one[5] else ()
        found[one[1]] = Property(one[4], given, many=bool(one[3]), required=bool(one[2]))
    return found


def _table(lines: str, common: str = "") -> dict[str, Properties]:
    shared = _read(common)
    pairs = (line.partition(" ") for line in lines.strip().splitlines())
    return {name: {**shared, **_read(rest)} for name, _, rest in pairs}


SDO: Final = _table(_DOMAIN, _COMMON)
SRO: Final = _table(_RELATION, _COMMON)
SCO: Final = _table(_OBSERVABLE, _COMMON_SCO)
META: Final = _table(_META, _COMMON)
MARKING: Final = _table(_MARKING, _COMMON_MARKING)
TYPES: Final = {**SDO, **SRO, **SCO, **META, **MARKING}
PARTS: Final = _table(_PARTS)
COMMON: Final = _read(_COMMON)
COMMON_SCO: Final = _read(_COMMON_SCO)
# Extensions that the standard itself defines, and whose they are (section 6).
EXTENSIONS: Final = {
    "archive-ext": "file", "ntfs-ext": "file", "pdf-ext": "file", "raster-image-ext": "file",
    "windows-pebinary-ext": "file", "http-request-ext": "network-traffic",
    "icmp-ext": "network-traffic", "socket-ext": "network-traffic", "tcp-ext": "network-traffic",
    "windows-process-ext": "process", "windows-service-ext": "process",
    "unix-account-ext": "user-account",
}  # fmt: skip
# Two times of one object: the second is not before the first; after (>) it where it must be.
TIMES: Final = {
    "indicator": ("valid_from", "valid_until", ">"),
    "campaign": ("first_seen", "last_seen", ">="),
    "infrastructure": ("first_seen", "last_seen", ">="),
    "intrusion-set": ("first_seen", "last_seen", ">="),
    "malware": ("first_seen", "last_seen", ">="),
    "threat-actor": ("first_seen", "last_seen", ">="),
    "sighting": ("first_seen", "last_seen", ">="),
    "observed-data": ("first_observed", "last_observed", ">="),
    "relationship": ("start_time", "stop_time", ">"),
    "network-traffic": ("start", "end", ">"),
    "malware-analysis": ("analysis_started", "analysis_ended", ">="),
}
# At least one of these (sections 4 and 6).
ANY_OF: Final = {
    "file": ("hashes", "name"),
    "network-traffic": ("src_ref", "dst_ref"),
    "artifact": ("payload_bin", "url"),
    "malware-analysis": ("result", "analysis_sco_refs"),
    "observed-data": ("objects", "object_refs"),
}
# From which properties an observable's id follows (section 2.9 and each type of section 6).
ID_FROM: Final = {
    "artifact": ("hashes", "payload_bin"),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("from_ref", "subject", "body"),
    "file": ("hashes", "name", "extensions", "parent_directory_ref"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": (
        "start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions",
    ),
    "software": ("name", "cpe", "swid", "vendor", "version"),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
}  # fmt: skip
