/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/derive.h"

#define CLI_TABLE (CLI_NUMERIC | CLI_NO_HEADER)

static const struct command commands[] = {
	{ .name = "status",
	  .args = "",
	  .help = "this node: cloud, ports, way out",
	  .more = "Each port with what it is used for, and why. If another cloud clashes with this "
		  "one, both are named with the option that ends it; if the state on disk could "
		  "not "
		  "be used at the start, it says why; and neighbours that are not heard because "
		  "they have another community key, or none.",
	  .options = CLI_ASKS,
	  .method = "status",
	  .print = show_status },
	{ .name = "nodes",
	  .args = "",
	  .help = "the trama nodes of the cloud",
	  .options = CLI_ASKS,
	  .method = "nodes",
	  .print = show_nodes },
	{ .name = "neighbours",
	  .args = "",
	  .help = "nodes heard directly",
	  .more = "In the cloud (batman-adv), by Babel, and those that records are exchanged with.",
	  .options = CLI_ASKS,
	  .method = "neighbours",
	  .print = show_neighbours },
	{ .name = "links",
	  .args = "",
	  .help = "whom each trama node of the cloud hears",
	  .more = "Both ends of each link, and how well the node hears the other end (TQ, 255 is "
		  "best), for a map of the cloud. A node says so two minutes after its start, and "
		  "when a neighbour comes or goes or TQ changes by a quarter, at most every ten "
		  "minutes. neighbours shows what this node hears now.",
	  .options = CLI_ASKS,
	  .method = "links",
	  .print = show_links },
	{ .name = "originators",
	  .args = "",
	  .help = "nodes of the cloud and the best way to each",
	  .more = "TQ is the quality of the way, 255 is best. The JSON has batctl's field names.",
	  .options = CLI_ASKS,
	  .method = "originators",
	  .print = show_originators },
	{ .name = "translation",
	  .args = "[local|global]",
	  .help = "which MAC is behind which node",
	  .more = "Flags are those of batctl: R roamed, P never ages, N new, X leaves, W Wi-Fi, I "
		  "isolated, T known from a frame only.",
	  .options = CLI_ASKS,
	  .args_max = 1,
	  .words = "local global",
	  .method = "translation",
	  .print = show_translation },
	{ .name = "cloud originators",
	  .args = "",
	  .help = "every way to every node, as batctl shows it",
	  .more = "A star is before the best way to a node. Names of trama nodes stand for MACs. "
		  "The JSON is that of batctl originators_json; with --all it has names too.",
	  .options = CLI_ASKS | CLI_ALL | CLI_TABLE,
	  .run = run_cloud_originators },
	{ .name = "cloud neighbours",
	  .args = "",
	  .help = "nodes heard directly, as batctl shows them",
	  .more = "The JSON is that of batctl neighbors_json; with --all it has names too.",
	  .options = CLI_ASKS | CLI_ALL | CLI_TABLE,
	  .run = run_cloud_neighbours },
	{ .name = "cloud translation",
	  .args = "[local|global]",
	  .help = "which MAC is behind which node, as batctl shows it",
	  .more = "The JSON of local and global is that of batctl transtable_local_json and "
		  "transtable_global_json; with --all it has names too.",
	  .options = CLI_ASKS | CLI_ALL | CLI_TABLE,
	  .args_max = 1,
	  .words = "local global",
	  .run = run_cloud_translation },
	{ .name = "cloud statistics",
	  .args = "",
	  .help = "counters of the cloud's engine, by batctl's names",
	  .more = "tx and rx are frames of clients into and out of the cloud, forward those of "
		  "others, mgmt what nodes tell each other, frag fragments, tt the translation "
		  "table. Of the kernel's engine, all that it counts.",
	  .options = CLI_ASKS,
	  .method = "cloud.statistics",
	  .print = show_statistics },
	{ .name = "cloud ping",
	  .args = "HOST",
	  .help = "is a node reached inside the cloud, and how fast",
	  .more = "HOST is a node or client by name, MAC or address; of a client, its node "
		  "answers. Addresses that nobody has a record of are asked for by ARP or "
		  "neighbour discovery. Until Ctrl-C, or --count times. The exit status is "
		  "batctl's: 0 if "
		  "there was an answer, 2 if there was none.",
	  .options = CLI_ASKS | CLI_COUNT | CLI_INTERVAL | CLI_TIMEOUT | CLI_RECORD,
	  .args_min = 1,
	  .args_max = 1,
	  .run = run_cloud_ping },
	{ .name = "cloud traceroute",
	  .args = "HOST",
	  .help = "the nodes on the way to a node inside the cloud",
	  .more = "HOST as for ping. Three probes for each hop.",
	  .options = CLI_ASKS | CLI_TIMEOUT | CLI_NUMERIC,
	  .args_min = 1,
	  .args_max = 1,
	  .run = run_cloud_traceroute },
	{ .name = "clients",
	  .args = "",
	  .help = "all clients of the cloud and where they are",
	  .more = "With --all also an IPv6 address of each, and how many more it has.",
	  .options = CLI_ASKS | CLI_ALL,
	  .method = "clients",
	  .print = show_clients },
	{ .name = "leases",
	  .args = "",
	  .help = "leases, and the address blocks of the nodes",
	  .more = "Each lease with the time since it was last refreshed, which its node does once "
		  "a "
		  "day, and how long its address is still held for the client if that never "
		  "happens again. Addresses that somebody uses who is no client follow, "
		  "which are given to nobody, and leases of other software, where a bridge tells "
		  "of them.",
	  .options = CLI_ASKS,
	  .method = "leases",
	  .print = show_leases },
	{ .name = "release",
	  .args = "CLIENT",
	  .help = "end the lease of a client and forget it",
	  .more = "The client, named by MAC, name or address, gets a new address the next time it "
		  "asks.",
	  .options = CLI_ASKS,
	  .args_min = 1,
	  .args_max = 1,
	  .run = run_release },
	{ .name = "lease list",
	  .args = "",
	  .help = "static leases and reserved addresses of the cloud",
	  .more = "What is fixed for clients, by command or by the configuration of the node that "
		  "CONFIGURED names, and who has the address at present: its client, another one "
		  "until its next message, or somebody who is no client. Of two that are fixed to "
		  "one address or name the one with the lower MAC or identifier has it.",
	  .options = CLI_ASKS,
	  .method = "lease.list",
	  .print = show_statics },
	{ .name = "lease add",
	  .args = "CLIENT [ADDRESS] [OPTION=VALUE]...",
	  .help = "fix an address, or what a client is told, at all nodes",
	  .more = "CLIENT is a MAC, id: and the hex digits of a client identifier, or a client by "
		  "name or address. Without ADDRESS and OPTION it keeps what it has at present; "
		  "with both left out for a client without a lease there is nothing to fix. OPTION "
		  "is name, leasetime (as 90m, 12h, 7d), or an option of DHCP by its name or "
		  "number: "
		  "router, dns-server, ntp-server, mtu and others that trama.conf(5) lists at "
		  "dhcp_option; without a VALUE the client is not told it. What was fixed before "
		  "for this client is replaced. Nobody else gets the address from then on; who has "
		  "it now loses it with its next message. It holds until lease remove, at every "
		  "node, after restarts and without this one. Once the network has an admin "
		  "it must be signed: the password is asked for, as it is by lease reserve and "
		  "lease remove.",
	  .options = CLI_ASKS,
	  .args_min = 1,
	  .args_max = 16,
	  .run = run_lease_add },
	{ .name = "lease reserve",
	  .args = "ADDRESSES",
	  .help = "give these addresses to no client, at all nodes",
	  .more = "ADDRESSES is one, FIRST-LAST, or NETWORK/LENGTH. A client that has one loses it "
		  "with its next message, but for static leases.",
	  .options = CLI_ASKS,
	  .args_min = 1,
	  .args_max = 1,
	  .run = run_lease_reserve },
	{ .name = "lease remove",
	  .args = "WHAT",
	  .help = "end a static lease or a reservation",
	  .more = "WHAT is the client, its name, the address or the addresses, as list shows it. "
		  "The client keeps its address as a lease like any other.",
	  .options = CLI_ASKS,
	  .args_min = 1,
	  .args_max = 1,
	  .run = run_lease_remove },
	{ .name = "shared-state",
	  .args = "[TYPE]",
	  .help = "what nodes of LibreMesh share with this one",
	  .more = "Entries of their shared state that this node holds, by HTTP or by "
		  "shared-state-async, and how long they still live. What this node says itself is "
		  "not among them. TYPE is one of theirs, as node_info.",
	  .options = CLI_ASKS,
	  .args_max = 1,
	  .run = run_shared_state },
	{ .name = "service list",
	  .args = "",
	  .help = "services that nodes of the network announce",
	  .more = "NODE is who announces it; what it says of address and port is not verified.",
	  .options = CLI_ASKS,
	  .method = "service.list",
	  .print = show_services },
	{ .name = "service add",
	  .args = "NAME PORT[/PROTOCOL] [address=ADDRESS] [text=TEXT]",
	  .help = "announce a service to the whole network",
	  .more = "PROTOCOL is tcp, which is the default, or udp. Without ADDRESS the service is "
		  "at this node itself. All nodes list it, also those of other clouds, while this "
		  "node runs and for a day after that; it is still there when it has restarted. "
		  "The same NAME again changes it.",
	  .options = CLI_ASKS,
	  .args_min = 2,
	  .args_max = 4,
	  .run = run_service_add },
	{ .name = "service remove",
	  .args = "NAME",
	  .help = "announce a service no more",
	  .more = "Only the node that announces it can do so.",
	  .options = CLI_ASKS,
	  .args_min = 1,
	  .args_max = 1,
	  .run = run_service_remove },
	{ .name = "note list",
	  .args = "",
	  .help = "notes about nodes and clients",
	  .options = CLI_ASKS,
	  .method = "note.list",
	  .print = show_notes },
	{ .name = "note set",
	  .args = "WHO TEXT",
	  .help = "note something about a node or a client",
	  .more = "WHO is a name, an address or a MAC, or the id of a node. Everybody in the "
		  "network reads the note, and may change it; it is kept for 400 days after it "
		  "was written.",
	  .options = CLI_ASKS,
	  .args_min = 2,
	  .args_max = 2,
	  .run = run_note_set },
	{ .name = "note remove",
	  .args = "WHO",
	  .help = "remove the note about a node or a client",
	  .options = CLI_ASKS,
	  .args_min = 1,
	  .args_max = 1,
	  .run = run_note_remove },
	{ .name = "state list",
	  .args = "[TYPE]",
	  .help = "replicated records: of whom, how old, how large",
	  .more = "TYPE is a name or a number. VERSION is what decides which of two copies is "
		  "newer. A record goes when it was QUIET for its LIFETIME; of an owned one that "
		  "counts from when its author was last heard. SIZE is of its value in bytes. With "
		  "--all also those that are deleted, which are kept for as long as an older copy "
		  "could come back.",
	  .options = CLI_ASKS | CLI_ALL | CLI_AUTHOR,
	  .args_max = 1,
	  .run = run_state_list },
	{ .name = "state get",
	  .args = "TYPE ID",
	  .help = "one replicated record with its value",
	  .more = "ID is as list shows it: a MAC, a number, a text, or 0x and hex digits. Where "
		  "several nodes own records of one id, all of them.",
	  .options = CLI_ASKS | CLI_AUTHOR,
	  .args_min = 2,
	  .args_max = 2,
	  .run = run_state_get },
	{ .name = "state put",
	  .args = "TYPE ID VALUE|--delete",
	  .help = "write a record of your own type, or delete it",
	  .more = "TYPE is a number from 128 to 255: these are free for everybody, so agree with "
		  "your neighbours. ID (at most 32 bytes) and VALUE (at most 480) are text, or 0x "
		  "and hex digits (0x alone: empty); put -- before one that begins with a dash. A "
		  "shared record (the default) is everybody's, and the last one to write it "
		  "counts: of two writings at once, or in parts of a network that are cut from "
		  "each other, one is lost. With --owned it is this node's beside those of others, "
		  "and goes when this node is not heard for its lifetime (an hour at least, as a "
		  "node repeats every third of it that it lives), or starts again. What is there "
		  "already is not written again before half of its lifetime is over. These "
		  "records are not kept on disk.",
	  .options = CLI_ASKS | CLI_OWNED | CLI_NETWORK | CLI_LIFETIME | CLI_DELETE,
	  .args_min = 2,
	  .args_max = 3,
	  .run = run_state_put },
	{ .name = "state watch",
	  .args = "[TYPE]",
	  .help = "replicated records as they change, until Ctrl-C",
	  .more = "What is set, deleted, or has expired, here or anywhere; signs of life that "
		  "change nothing are not shown. TYPE as for list.",
	  .options = CLI_ASKS | CLI_AUTHOR,
	  .args_max = 1,
	  .run = run_state_watch },
	{ .name = "settings list",
	  .args = "",
	  .help = "settings of the network and the cloud",
	  .more = "What is in force, and whether this node uses it: its own configuration file "
		  "goes before the settings of its cloud, and these before those of the network. "
		  "doc/settings.md has more.",
	  .options = CLI_ASKS,
	  .method = "settings.show",
	  .print = show_settings },
	{ .name = "settings get",
	  .args = "OPTION",
	  .help = "the value of one setting",
	  .more = "OPTION is the name of a section, a dot and that of an option in it, as "
		  "dhcp.lease_time_s. Of a list each item is a line.",
	  .options = CLI_ASKS,
	  .args_min = 1,
	  .args_max = 1,
	  .run = run_settings_get },
	{ .name = "settings set",
	  .args = "OPTION VALUE...",
	  .help = "set an option on all nodes of the network",
	  .more = "Asks for the password of the network. All nodes take it over at once, and those "
		  "that are off when they come back. More than one VALUE is for lists, an empty "
		  "one empties it. With --stage nothing happens before apply, so that several "
		  "settings come into force together.",
	  .options = CLI_ASKS | CLI_CLOUD | CLI_STAGE,
	  .args_min = 2,
	  .args_max = 32,
	  .run = run_settings_set },
	{ .name = "settings unset",
	  .args = "OPTION",
	  .help = "set an option no more",
	  .more = "On each node it is then as its own configuration or the default says.",
	  .options = CLI_ASKS | CLI_CLOUD | CLI_STAGE,
	  .args_min = 1,
	  .args_max = 1,
	  .run = run_settings_unset },
	{ .name = "settings diff",
	  .args = "",
	  .help = "what is staged beside what is in force",
	  .options = CLI_ASKS | CLI_CLOUD,
	  .run = run_settings_diff },
	{ .name = "settings apply",
	  .args = "",
	  .help = "what is staged comes into force",
	  .options = CLI_ASKS | CLI_CLOUD,
	  .run = run_settings_apply },
	{ .name = "settings drop",
	  .args = "",
	  .help = "what is staged is forgotten",
	  .options = CLI_ASKS | CLI_CLOUD,
	  .run = run_settings_drop },
	{ .name = "settings rollback",
	  .args = "",
	  .help = "the settings before come into force again",
	  .more = "Once more brings back those that were rolled back.",
	  .options = CLI_ASKS | CLI_CLOUD,
	  .run = run_settings_rollback },
	{ .name = "admin show",
	  .args = "",
	  .help = "whether the network has an admin, and its key",
	  .options = CLI_ASKS,
	  .method = "admin.show",
	  .print = show_admin },
	{ .name = "admin password",
	  .args = "",
	  .help = "set or change the password of the network",
	  .more = "Who knows it may change the settings of the network. Nodes only get a public "
		  "key "
		  "that is made from it: it is typed, or read from standard input (a line each: "
		  "the present one if there is one, the new one twice), and never stored. The "
		  "first one that a network gets is believed by all nodes; a change wants the one "
		  "before.",
	  .options = CLI_ASKS,
	  .run = run_admin_password },
	{ .name = "gateways",
	  .args = "",
	  .help = "ways out of the network, which one is used and why",
	  .options = CLI_ASKS,
	  .method = "gateways",
	  .print = show_gateways },
	{ .name = "routes",
	  .args = "",
	  .help = "routes that Babel has learnt",
	  .options = CLI_ASKS,
	  .method = "routes",
	  .print = show_routes },
	{ .name = "counters",
	  .args = "[PART]",
	  .help = "counters of all parts",
	  .more = "Those that are not 0; all of them with --all. PART is one of node, batman, "
		  "state, lease, ra, port, gateway, or one of the platform's: loop, packets, "
		  "datagrams, babeld, store, control.",
	  .options = CLI_ASKS | CLI_ALL,
	  .args_max = 1,
	  .words = "node batman state lease ra port gateway loop packets datagrams babeld store "
		   "control",
	  .method = "counters",
	  .print = show_counters },
	{ .name = "events",
	  .args = "",
	  .help = "what happens, live, until Ctrl-C",
	  .options = CLI_ASKS,
	  .run = run_events },
	{ .name = "trace",
	  .args = "CLIENT DESTINATION",
	  .help = "the way of a client's packets, hop by hop",
	  .more = "First what this node knows: where the client is, which route and which gateway, "
		  "and why. Then the nodes inside the cloud, asked one after the other as batctl "
		  "traceroute does, then the routers on layer 3 by probes of rising TTL from this "
		  "node. CLIENT is a MAC, a name or an address; DESTINATION a name or an address.",
	  .options = CLI_ASKS,
	  .args_min = 2,
	  .args_max = 2,
	  .run = run_trace },
	{ .name = "config",
	  .args = "show|check FILE|options",
	  .help = "the configuration: in use, check of a file, all options",
	  .more = "show prints what differs from the defaults (--all: everything) as text that "
		  "parses again, without secrets. check and options need no daemon; options --man "
		  "prints trama.conf(5).",
	  .options = CLI_ASKS | CLI_ALL | CLI_MAN,
	  .args_min = 1,
	  .args_max = 2,
	  .words = "show check options",
	  .run = run_config },
	{ .name = "derive",
	  .args = "--ssid SSID [--mac MAC]",
	  .help = "what follows from an SSID and a MAC",
	  .more = "Needs no daemon: network id, VLANs, networks, addresses and name, as LibreMesh "
		  "derives them.",
	  .options = CLI_JSON,
	  .main = derive_main },
	{ .name = "lab",
	  .args = "...",
	  .help = "a whole town on this machine (trama-lab)",
	  .main = lab_main },
	{ .name = "completion",
	  .args = "bash",
	  .help = "completion for the shell",
	  .more = "source <(trama completion bash)",
	  .args_min = 1,
	  .args_max = 1,
	  .words = "bash",
	  .run = run_completion },
	{ .name = "version",
	  .args = "",
	  .help = "version of this program and of the daemon",
	  .options = CLI_ASKS,
	  .run = run_version },
	{ .name = "help",
	  .args = "[COMMAND]",
	  .help = "this list, or the help of one command",
	  .more = "With --man, the manual page.",
	  .options = CLI_MAN,
	  .args_max = 2,
	  .run = run_help },
};

const struct command *command_at(size_t i)
{
	return i < sizeof(commands) / sizeof(commands[0]) ? &commands[i] : NULL;
}

const char *command_in(const struct command *c, const char *group)
{
	size_t len = strlen(group);

	return !strncmp(c->name, group, len) && c->name[len] == ' ' ? c->name + len + 1 : NULL;
}

bool command_is_group(const char *word)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		if (command_in(c, word))
			return true;
	return false;
}

const struct command *command_find(int argc, char **argv, int *ret_words)
{
	const struct command *c;
	const char *second;

	for (size_t i = 0; argc > 0 && (c = command_at(i)); i++) {
		*ret_words = 1;
		if (!strcmp(c->name, argv[0]))
			return c;
		*ret_words = 2;
		second = command_in(c, argv[0]);
		if (argc > 1 && second && !strcmp(second, argv[1]))
			return c;
	}
	return NULL;
}
