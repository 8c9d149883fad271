/* address.c - see address.h. */
#include "fetch/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

/* --- IPv4 --------------------------------------------------------------------------------------
 */

struct network {
	uint32_t address;
	unsigned bits;
};

#define IPV4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const struct network not_public[] = {
    {IPV4(0, 0, 0, 0), 8},       /* this network */
    {IPV4(10, 0, 0, 0), 8},      /* private */
    {IPV4(100, 64, 0, 0), 10},   /* behind a carrier's NAT */
    {IPV4(127, 0, 0, 0), 8},     /* this host */
    {IPV4(169, 254, 0, 0), 16},  /* link-local; where clouds keep their secrets */
    {IPV4(172, 16, 0, 0), 12},   /* private */
    {IPV4(192, 0, 0, 0), 24},    /* IETF's protocols */
    {IPV4(192, 0, 2, 0), 24},    /* documentation */
    {IPV4(192, 88, 99, 0), 24},  /* relays of 6to4, given up */
    {IPV4(192, 168, 0, 0), 16},  /* private */
    {IPV4(198, 18, 0, 0), 15},   /* benchmarks */
    {IPV4(198, 51, 100, 0), 24}, /* documentation */
    {IPV4(203, 0, 113, 0), 24},  /* documentation */
    {IPV4(224, 0, 0, 0), 4},     /* multicast */
    {IPV4(240, 0, 0, 0), 4},     /* reserved, and broadcast */
};

static bool is_public_4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(not_public) / sizeof(*not_public); i++)
		if ((address ^ not_public[i].address) >> (32 - not_public[i].bits) == 0)
			return false;
	return true;
}

/* --- IPv6 --------------------------------------------------------------------------------------
 */

static bool begins(const unsigned char *address, const unsigned char *prefix, unsigned bits)
{
	const unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(address, prefix, whole) == 0 &&
	       (rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0);
}

struct network_6 {
	unsigned char prefix[6];
	unsigned bits;
};

/* Within 2000::/3, beyond which nothing is given to anybody. */
static const struct network_6 not_public_6[] = {
    {{0x20, 0x01, 0x00}, 23},             /* IETF's protocols, Teredo, ORCHID */
    {{0x20, 0x01, 0x0D, 0xB8}, 32},       /* documentation */
    {{0x26, 0x20, 0x00, 0x4F, 0x80}, 48}, /* AS112's sinks */
    {{0x3F, 0xFF, 0x00}, 20},             /* documentation */
};

static bool is_public_6(const unsigned char address[16])
{
	static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	static const unsigned char nat64[12] = {0x00, 0x64, 0xFF, 0x9B};
	static const unsigned char six_to_four[2] = {0x20, 0x02};

	if (begins(address, mapped, 96) || begins(address, nat64, 96))
		return is_public_4(be32(address + 12));
	if (begins(address, six_to_four, 16))
		return is_public_4(be32(address + 2));
	for (size_t i = 0; i < sizeof(not_public_6) / sizeof(*not_public_6); i++)
		if (begins(address, not_public_6[i].prefix, not_public_6[i].bits))
			return false;
	return address[0] >> 5 == 1;
}

/* --- either ------------------------------------------------------------------------------------
 */

/* As IPv6 has it, an IPv4 address mapped into it. False: another family. */
static bool bytes_of(const struct sockaddr *address, unsigned char bytes[16])
{
	static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&four, address, sizeof(four));
		memcpy(bytes, mapped, sizeof(mapped));
		memcpy(bytes + sizeof(mapped), &four.sin_addr, 4);
		return true;
	case AF_INET6:
		memcpy(&six, address, sizeof(six));
		memcpy(bytes, &six.sin6_addr, 16);
		return true;
	default:
		return false;
	}
}

bool address_is_public(const struct sockaddr *address)
{
	unsigned char bytes[16];

	return bytes_of(address, bytes) && is_public_6(bytes);
}

/* False: it is none. */
static bool read_text(const char *text, struct sockaddr_storage *address)
{
	char bare[INET6_ADDRSTRLEN];
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};

	if (*text == '[')
		text++;
	if (snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(text, "]%"), text) >=
	    (int)sizeof(bare))
		return false;
	if (inet_pton(AF_INET, bare, &four.sin_addr) == 1)
		memcpy(address, &four, sizeof(four));
	else if (inet_pton(AF_INET6, bare, &six.sin6_addr) == 1)
		memcpy(address, &six, sizeof(six));
	else
		return false;
	return true;
}

bool address_text_is_public(const char *text, bool *is_address)
{
	struct sockaddr_storage address = {0};
	const bool is = read_text(text, &address);

	if (is_address)
		*is_address = is;
	return is && address_is_public((const struct sockaddr *)&address);
}

/* --- this host's own ---------------------------------------------------------------------------
 */

struct own_addresses *own_addresses_new(void)
{
	struct ifaddrs *list = NULL;

	return getifaddrs(&list) == 0 ? (struct own_addresses *)list : NULL;
}

void own_addresses_free(struct own_addresses *own)
{
	if (own)
		freeifaddrs((struct ifaddrs *)own);
}

bool own_addresses_have(const struct own_addresses *own, const struct sockaddr *address)
{
	unsigned char wanted[16], bytes[16];

	if (!bytes_of(address, wanted))
		return false;
	for (const struct ifaddrs *at = (const struct ifaddrs *)own; at; at = at->ifa_next)
		if (at->ifa_addr && bytes_of(at->ifa_addr, bytes) &&
		    memcmp(bytes, wanted, sizeof(bytes)) == 0)
			return true;
	return false;
}

bool own_addresses_have_text(const struct own_addresses *own, const char *text)
{
	struct sockaddr_storage address = {0};

	return read_text(text, &address) &&
	       own_addresses_have(own, (const struct sockaddr *)&address);
}
