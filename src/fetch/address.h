/* address.h - which addresses of the network are public, and which are this host's or a private
 * network's: what a list of URLs that came from elsewhere must not make us ask.
 *
 * Sources: IANA's registries of special-purpose addresses, "IPv4 Special-Purpose Address Space" and
 * "IPv6 Special-Purpose Address Space" (RFC 6890 and those that they name), as of 2025; RFC 6052
 * (NAT64), RFC 3056 (6to4), RFC 4291 (IPv4-mapped). What is not known to be public is not.
 *
 * Thread-safe; no state but what a caller keeps.
 */
#ifndef FETCH_ADDRESS_H
#define FETCH_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Whether an address is one of the internet's, by its number alone: AF_INET or AF_INET6, whose
 * bytes are there; all other families are not. An IPv6 address that carries one of IPv4 is as
 * public as that. */
bool address_is_public(const struct sockaddr *address);

/* The same of an address as it is written, "192.0.2.1" or "2001:db8::1", in brackets or not, with a
 * zone or not. *is_address, if not NULL: whether it is one at all; a name is not, and not public.
 */
bool address_text_is_public(const char *text, bool *is_address);

/* The addresses that this host has itself, as they are now. */
struct own_addresses;

/* NULL: they can't be had, as without memory: then none is known. */
struct own_addresses *own_addresses_new(void);
void own_addresses_free(struct own_addresses *own);
bool own_addresses_have(const struct own_addresses *own, const struct sockaddr *address);
bool own_addresses_have_text(const struct own_addresses *own, const char *text);

#endif
