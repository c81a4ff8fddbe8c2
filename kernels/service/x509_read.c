/* SPDX-License-Identifier: Apache-2.0
 *
 * A certificate, read strictly: what is not DER, said twice, or critical and not understood is refused. It
 * may come from a stranger: every read is bounded, and nothing is allocated.
 */
#include "kernels/kernel.h"
#include "kernels/service/der.h"
#include "kernels/service/x509.h"

#include <string.h>

#define EXTENSIONS_MAX 16u

/* RFC 3629 §4: in the fewest octets, no surrogates, up to 10ffff. */
static bool is_utf8(struct assay_bytes text)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    for (size_t i = 0; i < text.size;) {
        uint8_t first = text.data[i++];
        size_t more = first < 0x80       ? 0
                      : first >> 5 == 6  ? 1
                      : first >> 4 == 14 ? 2
                      : first >> 3 == 30 ? 3
                                         : 4;
        if (more == 4 || more > text.size - i)
            return false;
        uint32_t point = more == 0 ? first : first & (0x3fu >> more);
        for (size_t n = 0; n < more; n++, i++) {
            if (text.data[i] >> 6 != 2)
                return false;
            point = point << 6 | (text.data[i] & 0x3f);
        }
        if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return false;
    }
    return true;
}

/* The strings of RFC 5280 that are not deprecated; other text others read otherwise. */
static bool is_text(uint8_t tag, struct assay_bytes value)
{
    bool ascii = true;
    for (size_t i = 0; i < value.size; i++)
        ascii = ascii && value.data[i] < 0x80;
    return tag == ASSAY_DER_UTF8 ? is_utf8(value)
                                 : (tag == ASSAY_DER_PRINTABLE || tag == ASSAY_DER_IA5) && ascii;
}

/* RFC 5280 §4.1.2.4: a sequence of sets of attributes; what they say is not looked into. */
static bool is_name(struct assay_bytes name)
{
    struct assay_bytes set, attribute, oid, value;
    uint8_t tag;
    while (name.size > 0) {
        if (!assay_der_take(&name, ASSAY_DER_SET, &set) || set.size == 0)
            return false;
        while (set.size > 0)
            if (!assay_der_take(&set, ASSAY_DER_SEQUENCE, &attribute) ||
                !assay_der_take_oid(&attribute, &oid) || !assay_der_any(&attribute, &tag, &value, NULL) ||
                attribute.size > 0 || !is_text(tag, value))
                return false;
    }
    return true;
}

/* An AlgorithmIdentifier's contents: an OID, and parameters of a kind that there is. */
static bool is_algorithm(struct assay_bytes id)
{
    struct assay_bytes oid, value;
    uint8_t tag = ASSAY_DER_SEQUENCE;
    return assay_der_take_oid(&id, &oid) &&
           (id.size == 0 || (assay_der_any(&id, &tag, &value, NULL) && id.size == 0 &&
                             (tag == ASSAY_DER_SEQUENCE || (tag == ASSAY_DER_NULL && value.size == 0) ||
                              (tag == ASSAY_DER_OID && assay_der_is_oid(value)))));
}

static bool take_name(struct assay_bytes *in, struct assay_bytes *whole)
{
    struct assay_bytes content;
    uint8_t tag;
    return assay_der_any(in, &tag, &content, whole) && tag == ASSAY_DER_SEQUENCE && is_name(content);
}

static bool take_time(struct assay_bytes *in, int64_t *seconds)
{
    struct assay_bytes text;
    uint8_t tag;
    return assay_der_any(in, &tag, &text, NULL) && assay_x509_read_time(tag, text, seconds);
}

static bool take_validity(struct assay_bytes *in, struct assay_x509 *x)
{
    struct assay_bytes both;
    return assay_der_take(in, ASSAY_DER_SEQUENCE, &both) && take_time(&both, &x->not_before) &&
           take_time(&both, &x->not_after) && both.size == 0;
}

static bool take_spki(struct assay_bytes *in, struct assay_x509 *x)
{
    struct assay_bytes spki, id;
    uint8_t tag;
    if (!assay_der_any(in, &tag, &spki, &x->spki) || tag != ASSAY_DER_SEQUENCE ||
        !assay_der_take(&spki, ASSAY_DER_SEQUENCE, &id) || !is_algorithm(id) ||
        !assay_der_take_bits(&spki, &x->public_key) || spki.size > 0)
        return false;
    for (size_t i = 0; i < ASSAY_COUNT(assay_x509_algs); i++) {
        const struct assay_x509_alg *a = &assay_x509_algs[i];
        if (!assay_der_is(id, a->key.data, a->key.size))
            continue;
        x->alg = a->alg;
        return x->public_key.size == a->public_size &&
               (a->alg == ASSAY_ED25519 || x->public_key.data[0] == 4); /* uncompressed */
    }
    return true;
}

static bool read_basic(struct assay_bytes in, struct assay_x509 *x)
{
    static const uint8_t yes = 0xff;
    struct assay_bytes basic, ca, depth;
    if (!assay_der_take(&in, ASSAY_DER_SEQUENCE, &basic) || in.size > 0)
        return false;
    if (basic.size == 0) /* FALSE is the default, which DER does not write (X.690 §11.5) */
        return true;
    x->ca = true;
    return assay_der_take(&basic, ASSAY_DER_BOOLEAN, &ca) && assay_der_is(ca, &yes, 1) &&
           (basic.size == 0 || (assay_der_take_unsigned(&basic, &depth) && basic.size == 0));
}

/* RFC 5280 §4.2.1.3. The last octet ends in a bit that is set, for named bits have no zeros at their end. */
static bool read_usage(struct assay_bytes in, struct assay_x509 *x)
{
    struct assay_bytes bits;
    if (!assay_der_take(&in, ASSAY_DER_BITS, &bits) || in.size > 0 || bits.size < 2 || bits.size > 3 ||
        bits.data[0] > 7)
        return false;
    uint8_t last = bits.data[bits.size - 1];
    if (!(last >> bits.data[0] & 1) || last & ((1u << bits.data[0]) - 1))
        return false;
    x->signs = bits.data[1] & 0x80;
    x->signs_certificates = bits.data[1] & 0x04;
    return true;
}

static bool read_extended(struct assay_bytes in, struct assay_x509 *x)
{
    static const uint8_t arc[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03};
    struct assay_bytes uses, id;
    if (!assay_der_take(&in, ASSAY_DER_SEQUENCE, &uses) || in.size > 0 || uses.size == 0)
        return false;
    while (uses.size > 0) {
        if (!assay_der_take_oid(&uses, &id))
            return false;
        if (id.size != sizeof arc + 1 || memcmp(id.data, arc, sizeof arc) != 0)
            continue;
        x->server |= id.data[sizeof arc] == ASSAY_OID_SERVER;
        x->client |= id.data[sizeof arc] == ASSAY_OID_CLIENT;
    }
    return true;
}

/* A NUL or a control character in a name has made others read less than there is. */
static bool is_ia5(struct assay_bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= 0x20 || text.data[i] > 0x7e)
            return false;
    return text.size > 0;
}

/* RFC 5280 §4.2.1.6. An X.400 address or an EDI party's name is refused: nobody writes one. */
static bool is_general_name(uint8_t tag, struct assay_bytes name)
{
    struct assay_bytes oid, wrapped, value;
    switch (tag) {
    case ASSAY_DER_CONTEXT + 1: /* a mail address */
    case ASSAY_DER_CONTEXT + 2: /* a DNS name */
    case ASSAY_DER_CONTEXT + 6: /* a URI */
        return is_ia5(name);
    case ASSAY_DER_CONTEXT + 7: /* an IP address */
        return name.size > 0;
    case ASSAY_DER_CONTEXT + 8:
        return assay_der_is_oid(name);
    case ASSAY_DER_CONSTRUCTED: /* of another kind: what an OID says */
        return assay_der_take_oid(&name, &oid) && assay_der_take(&name, ASSAY_DER_CONSTRUCTED, &wrapped) &&
               name.size == 0 && assay_der_any(&wrapped, &tag, &value, NULL) && wrapped.size == 0 &&
               (tag == ASSAY_DER_SEQUENCE || is_text(tag, value));
    case ASSAY_DER_CONSTRUCTED + 4: /* a distinguished name */
        return take_name(&name, &wrapped) && name.size == 0;
    default:
        return false;
    }
}

static bool read_names(struct assay_bytes in, struct assay_x509 *x)
{
    struct assay_bytes names, name;
    uint8_t tag;
    if (!assay_der_take(&in, ASSAY_DER_SEQUENCE, &names) || in.size > 0 || names.size == 0)
        return false;
    while (names.size > 0) {
        if (!assay_der_any(&names, &tag, &name, NULL) || !is_general_name(tag, name))
            return false;
        bool uri = tag == ASSAY_DER_CONTEXT + 6, dns = tag == ASSAY_DER_CONTEXT + 2;
        if (!uri && !dns)
            continue;
        size_t *count = uri ? &x->uris : &x->dnses;
        if (*count == ASSAY_X509_NAMES)
            return false;
        (uri ? x->uri : x->dns)[(*count)++] = name;
    }
    return true;
}

static bool read_key_id(struct assay_bytes in, struct assay_x509 *x)
{
    return assay_der_take(&in, ASSAY_DER_OCTETS, &x->key_id) && in.size == 0 && x->key_id.size > 0;
}

/* RFC 5280 §4.2.1.1. The key id alone of its three fields is kept. */
static bool read_issuer_key_id(struct assay_bytes in, struct assay_x509 *x)
{
    struct assay_bytes fields, names, name, serial;
    uint8_t tag;
    if (!assay_der_take(&in, ASSAY_DER_SEQUENCE, &fields) || in.size > 0)
        return false;
    if (assay_der_take(&fields, ASSAY_DER_CONTEXT, &x->issuer_key_id) && x->issuer_key_id.size == 0)
        return false;
    if (fields.size == 0)
        return true;
    if (!assay_der_take(&fields, ASSAY_DER_CONSTRUCTED + 1, &names) || names.size == 0 ||
        !assay_der_take(&fields, ASSAY_DER_CONTEXT + 2, &serial) || !assay_der_is_unsigned(serial))
        return false;
    while (names.size > 0)
        if (!assay_der_any(&names, &tag, &name, NULL) || !is_general_name(tag, name))
            return false;
    return fields.size == 0;
}

static const struct {
    uint8_t oid;
    bool (*read)(struct assay_bytes value, struct assay_x509 *);
} known[] = {
    {ASSAY_OID_BC, read_basic},  {ASSAY_OID_KU, read_usage},   {ASSAY_OID_EKU, read_extended},
    {ASSAY_OID_SAN, read_names}, {ASSAY_OID_SKI, read_key_id}, {ASSAY_OID_AKI, read_issuer_key_id},
};

static const char *read_value(struct assay_bytes oid, bool critical, struct assay_bytes value,
                              struct assay_x509 *x)
{
    if (oid.size == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x1d)
        for (size_t i = 0; i < ASSAY_COUNT(known); i++)
            if (known[i].oid == oid.data[2])
                return known[i].read(value, x) ? NULL : "an extension is malformed";
    return critical ? "a critical extension is not understood" : NULL;
}

static const char *read_extensions(struct assay_bytes in, struct assay_x509 *x)
{
    static const uint8_t yes = 0xff;
    struct assay_bytes list, one, critical, value, seen[EXTENSIONS_MAX];
    if (!assay_der_take(&in, ASSAY_DER_SEQUENCE, &list) || in.size > 0 || list.size == 0)
        return "the extensions are malformed";
    for (size_t n = 0; list.size > 0; n++) {
        if (n == EXTENSIONS_MAX)
            return "there are too many extensions";
        if (!assay_der_take(&list, ASSAY_DER_SEQUENCE, &one) || !assay_der_take_oid(&one, &seen[n]))
            return "the extensions are malformed";
        bool is_critical = one.size > 0 && one.data[0] == ASSAY_DER_BOOLEAN;
        if ((is_critical &&
             !(assay_der_take(&one, ASSAY_DER_BOOLEAN, &critical) && assay_der_is(critical, &yes, 1))) ||
            !assay_der_take(&one, ASSAY_DER_OCTETS, &value) || one.size > 0)
            return "the extensions are malformed";
        for (size_t i = 0; i < n; i++)
            if (assay_der_is(seen[i], seen[n].data, seen[n].size))
                return "an extension is there twice";
        const char *why = read_value(seen[n], is_critical, value, x);
        if (why)
            return why;
    }
    return NULL;
}

/* tbs: the contents. id: of the signature, said again outside of what is signed. */
static const char *read_tbs(struct assay_bytes tbs, struct assay_bytes id, struct assay_x509 *x)
{
    static const uint8_t version_3 = 2;
    struct assay_bytes wrapped, version, inner, extensions;
    if (!assay_der_take(&tbs, ASSAY_DER_CONSTRUCTED, &wrapped) ||
        !assay_der_take(&wrapped, ASSAY_DER_INTEGER, &version) || wrapped.size > 0 ||
        !assay_der_is(version, &version_3, 1))
        return "it is not of version 3";
    if (!assay_der_take_unsigned(&tbs, &x->serial) || x->serial.size > 20 ||
        (x->serial.size == 1 && x->serial.data[0] == 0))
        return "the serial number is malformed";
    if (!assay_der_take(&tbs, ASSAY_DER_SEQUENCE, &inner) || !assay_der_is(inner, id.data, id.size))
        return "the signature's algorithm is not the one that is signed";
    if (!take_name(&tbs, &x->issuer))
        return "the issuer is malformed";
    if (!take_validity(&tbs, x))
        return "the validity is malformed";
    if (!take_name(&tbs, &x->subject))
        return "the subject is malformed";
    if (!take_spki(&tbs, x))
        return "the public key is malformed";
    if (!assay_der_take(&tbs, ASSAY_DER_CONSTRUCTED + 3, &extensions) || tbs.size > 0)
        return "there are no extensions, or more than them"; /* unique ids: RFC 5280 §4.1.2.8 forbids them */
    return read_extensions(extensions, x);
}

const char *assay_x509_read(struct assay_x509 *x, struct assay_bytes der)
{
    struct assay_bytes all, content, id;
    uint8_t tag;
    memset(x, 0, sizeof *x);
    if (!assay_der_take(&der, ASSAY_DER_SEQUENCE, &all) || der.size > 0 ||
        !assay_der_any(&all, &tag, &content, &x->tbs) || tag != ASSAY_DER_SEQUENCE ||
        !assay_der_take(&all, ASSAY_DER_SEQUENCE, &id) || !is_algorithm(id) ||
        !assay_der_take_bits(&all, &x->signature) || all.size > 0)
        return "it is no certificate";
    for (size_t i = 0; i < ASSAY_COUNT(assay_x509_algs); i++)
        if (assay_der_is(id, assay_x509_algs[i].signature.data, assay_x509_algs[i].signature.size))
            x->signature_alg = assay_x509_algs[i].alg;
    return read_tbs(content, id, x);
}
