/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/service/json.h"

#include <string.h>

#define LEVELS 2048u /* jansson's: values in each other, the scalar within counted too */
#define NAMES  1536u /* a name takes four characters of a token's 6144 at least */
#define ARENA  3072u /* an escape takes twice what it stands for at least */

struct text {
    const uint8_t *at, *end;
};

struct name {
    const uint8_t *start; /* without escapes */
    uint32_t size, hash;
};

struct walk {
    struct text text;
    struct assay_json_member *members;
    size_t count, total;
    struct assay_json *wanted; /* the value that comes is one to be told; NULL: it is not */
    /* The objects and arrays that are open: where each one's names begin. */
    uint32_t depth;
    uint16_t first[LEVELS];
    bool object[LEVELS];
    size_t names, used;
    struct name name[NAMES];
    uint8_t arena[ARENA]; /* names that were escaped */
};

static void skip_space(struct text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\n' || *t->at == '\r' || *t->at == '\t'))
        t->at++;
}

/* Octets of the UTF-8 sequence (RFC 3629 §4) that begins here; 0: none does. */
static size_t utf8_size(const uint8_t *p, const uint8_t *end)
{
    size_t n = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (n == 0 || (size_t)(end - p) < n)
        return 0;
    uint8_t low = 0x80,
            high = 0xbf; /* of the second octet: no longer form, no surrogate, nothing too large */
    if (p[0] == 0xe0)
        low = 0xa0;
    else if (p[0] == 0xed)
        high = 0x9f;
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return n;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \uXXXX at p, which ends before end. -1: it is not there. */
static int32_t hex4(const uint8_t *p, const uint8_t *end)
{
    int32_t value = 0;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* The character that the escape at *p stands for; *p moves behind it. 0: it is no escape, or of NUL. */
static uint32_t unescape(const uint8_t **p, const uint8_t *end)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (end - *p < 2)
        return 0;
    if ((*p)[1] != 'u') {
        const char *c = (*p)[1] ? strchr(from, (*p)[1]) : NULL;
        *p += 2;
        return c ? (uint32_t)to[c - from] : 0;
    }
    int32_t value = hex4(*p, end);
    if (value < 0 || (value >= 0xdc00 && value <= 0xdfff))
        return 0;
    *p += 6;
    if (value < 0xd800 || value > 0xdfff)
        return (uint32_t)value;
    int32_t low = hex4(*p, end);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *p += 6;
    return 0x10000u + ((uint32_t)(value - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
}

static size_t to_utf8(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
    out[0] = (uint8_t)((0xf00u >> n & 0xffu) | c);
    return n;
}

/* At the opening quote; leaves behind the closing one. */
static bool read_string(struct text *t, struct assay_json *out)
{
    const uint8_t *p = t->at + 1;
    *out = (struct assay_json){.type = ASSAY_JSON_STRING, .start = p};
    while (p < t->end && *p != '"') {
        if (*p >= 0x20 && *p < 0x80 && *p != '\\') {
            p++;
        } else if (*p == '\\') {
            out->escaped = true;
            if (unescape(&p, t->end) == 0)
                return false;
        } else {
            size_t n = *p < 0x80 ? 0 : utf8_size(p, t->end);
            if (n == 0)
                return false;
            p += n;
        }
    }
    if (p == t->end)
        return false;
    out->size = (size_t)(p - out->start);
    t->at = p + 1;
    return true;
}

static bool is_digit(const struct text *t)
{
    return t->at < t->end && *t->at >= '0' && *t->at <= '9';
}

static bool read_digits(struct text *t)
{
    if (!is_digit(t))
        return false;
    while (is_digit(t))
        t->at++;
    return true;
}

/* Is it too large for a double, rounded to the nearest? Digits with a point and an exponent, as the grammar
 * has them. */
static bool overflows(const uint8_t *p, const uint8_t *end)
{
    /* 2^1024 - 2^970, half way to the double that would come after the largest */
    static const char limit[] =
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587"
        "207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711"
        "531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093"
        "042880177904174497792";
    int64_t point = 0, exponent = 0; /* the value is 0.DIGITS times ten to the power of point + exponent */
    int order = 0;                   /* of the digits so far to the limit's */
    size_t digits = 0;               /* without leading zeros */
    bool fraction = false, negative = false;
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            fraction = true;
            continue;
        }
        bool counts = digits > 0 || *p != '0';
        point += fraction ? (counts ? 0 : -1) : counts;
        if (!counts)
            continue;
        int at = digits < sizeof limit - 1 ? limit[digits] : '0';
        if (order == 0)
            order = *p - at;
        digits++;
    }
    if (digits == 0)
        return false;
    for (p += p < end; p < end; p++) {
        if (*p == '-')
            negative = true;
        else if (*p != '+' && exponent < 1000000)
            exponent = exponent * 10 + (*p - '0');
    }
    for (; order == 0 && digits < sizeof limit - 1; digits++) /* what is not written is zero */
        order = '0' - limit[digits];
    int64_t magnitude = point + (negative ? -exponent : exponent);
    return magnitude > 309 || (magnitude == 309 && order >= 0);
}

/* RFC 8259 §6 */
static bool read_number(struct text *t, struct assay_json *out)
{
    const uint8_t *start = t->at, *digits;
    bool negative = *t->at == '-', real = false;
    uint64_t value = 0, limit = (uint64_t)INT64_MAX + negative;
    t->at += negative;
    digits = t->at;
    if (!read_digits(t) || (*digits == '0' && t->at - digits > 1))
        return false;
    const uint8_t *whole = t->at;
    if (t->at < t->end && *t->at == '.') {
        real = true;
        t->at++;
        if (!read_digits(t))
            return false;
    }
    if (t->at < t->end && (*t->at == 'e' || *t->at == 'E')) {
        real = true;
        t->at++;
        if (t->at < t->end && (*t->at == '+' || *t->at == '-'))
            t->at++;
        if (!read_digits(t))
            return false;
    }
    for (const uint8_t *p = digits; !real && p < whole; p++) {
        if (value > (limit - (uint64_t)(*p - '0')) / 10)
            return false;
        value = value * 10 + (uint64_t)(*p - '0');
    }
    *out = (struct assay_json){.type = real ? ASSAY_JSON_REAL : ASSAY_JSON_INTEGER,
                               .start = start,
                               .size = (size_t)(t->at - start),
                               .integer = (int64_t)(negative ? 0 - value : value)};
    return !real || !overflows(digits, t->at);
}

static bool read_word(struct text *t, struct assay_json *out)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(t->end - t->at) < n || memcmp(t->at, words[i], n) != 0)
            continue;
        *out = (struct assay_json){.type = ASSAY_JSON_OTHER, .start = t->at, .size = n};
        t->at += n;
        return true;
    }
    return false;
}

/* A scalar; what opens an array or an object is not one. */
static bool read_scalar(struct text *t, struct assay_json *out)
{
    if (t->at == t->end)
        return false;
    if (*t->at == '"')
        return read_string(t, out);
    return *t->at == '-' || is_digit(t) ? read_number(t, out) : read_word(t, out);
}

bool assay_json_copy(const struct assay_json *value, void *out, size_t room, size_t *size)
{
    uint8_t *to = out;
    *size = 0;
    if (value->type != ASSAY_JSON_STRING)
        return false;
    const uint8_t *p = value->start, *end = p + value->size;
    while (p < end) {
        uint8_t one[4] = {*p};
        size_t n = *p == '\\' ? to_utf8(unescape(&p, end), one) : (p++, 1);
        if (n > room - *size)
            return false;
        memcpy(to + *size, one, n);
        *size += n;
    }
    return true;
}

bool assay_json_is(const struct assay_json *value, struct assay_bytes text)
{
    size_t at = 0;
    if (value->type != ASSAY_JSON_STRING)
        return false;
    const uint8_t *p = value->start, *end = p + value->size;
    if (!value->escaped)
        return value->size == text.size && (text.size == 0 || memcmp(p, text.data, text.size) == 0);
    while (p < end) {
        uint8_t one[4] = {*p};
        size_t n = *p == '\\' ? to_utf8(unescape(&p, end), one) : (p++, 1);
        if (n > text.size - at || memcmp(text.data + at, one, n) != 0)
            return false;
        at += n;
    }
    return at == text.size;
}

/* Adds a name to those of the innermost object. false: it has it already. */
static bool add_name(struct walk *w, const struct assay_json *text, struct name **out)
{
    if (w->names == NAMES)
        return false;
    struct name *n = &w->name[w->names];
    size_t size = text->size;
    n->start = text->start;
    if (text->escaped) {
        n->start = w->arena + w->used;
        if (!assay_json_copy(text, w->arena + w->used, sizeof w->arena - w->used, &size))
            return false;
        w->used += size;
    }
    n->size = (uint32_t)size;
    n->hash = n->size;
    for (size_t i = 0; i < size; i++)
        n->hash = (n->hash ^ n->start[i]) * 0x01000193u;
    for (const struct name *other = &w->name[w->first[w->depth - 1]]; other < n; other++)
        if (other->hash == n->hash && other->size == n->size && memcmp(other->start, n->start, size) == 0)
            return false;
    w->names++;
    *out = n;
    return true;
}

/* A name and its colon. */
static bool read_name(struct walk *w)
{
    struct assay_json text;
    struct name *name;
    if (w->text.at == w->text.end || *w->text.at != '"' || !read_string(&w->text, &text) ||
        !add_name(w, &text, &name))
        return false;
    w->wanted = NULL;
    if (w->depth == 1) {
        w->total++;
        for (size_t i = 0; i < w->count; i++)
            if (strlen(w->members[i].name) == name->size &&
                memcmp(w->members[i].name, name->start, name->size) == 0)
                w->wanted = &w->members[i].value;
    }
    skip_space(&w->text);
    if (w->text.at == w->text.end || *w->text.at != ':')
        return false;
    w->text.at++;
    skip_space(&w->text);
    return true;
}

/* At an opening bracket. Leaves where the first element or name is, or the closing bracket. */
static bool enter(struct walk *w)
{
    if (w->depth == LEVELS)
        return false;
    w->object[w->depth] = *w->text.at == '{';
    w->first[w->depth++] = (uint16_t)w->names;
    w->text.at++;
    skip_space(&w->text);
    return true;
}

/* Behind a value, or an opening bracket (fresh): closes what ends here, and goes on to the next value, if
 * there is any. */
static bool next_value(struct walk *w, bool fresh, struct assay_json *top)
{
    for (;; fresh = false) {
        skip_space(&w->text);
        if (w->text.at == w->text.end)
            return false;
        bool object = w->object[w->depth - 1];
        if (*w->text.at != (object ? '}' : ']'))
            break;
        w->text.at++;
        w->names = w->first[--w->depth];
        if (w->depth == 1 && top->start)
            top->size = (size_t)(w->text.at - top->start);
        if (w->depth == 0)
            return true;
    }
    if (!fresh) {
        if (*w->text.at != ',')
            return false;
        w->text.at++;
        skip_space(&w->text);
    }
    return !w->object[w->depth - 1] || read_name(w);
}

static bool walk(struct walk *w)
{
    struct assay_json scalar, none = {0}, *top = &none; /* the member of the object that is being read */
    bool fresh = true;
    skip_space(&w->text);
    if (w->text.at == w->text.end || *w->text.at != '{' || !enter(w))
        return false;
    for (;;) {
        if (!next_value(w, fresh, top))
            return false;
        if (w->depth == 0)
            break;
        if (w->depth == 1)
            top = w->wanted ? w->wanted : &none;
        if (w->text.at == w->text.end || w->depth == LEVELS)
            return false;
        fresh = *w->text.at == '{' || *w->text.at == '[';
        if (w->depth == 1 && fresh)
            *top = (struct assay_json){.type = *w->text.at == '{' ? ASSAY_JSON_OBJECT : ASSAY_JSON_ARRAY,
                                       .start = w->text.at};
        if (fresh ? !enter(w) : !read_scalar(&w->text, w->depth == 1 ? top : &scalar))
            return false;
    }
    skip_space(&w->text);
    return w->text.at == w->text.end;
}

bool assay_json_object(const void *text, size_t size, struct assay_json_member *members, size_t count,
                       size_t *total)
{
    struct walk w; /* its tables are not cleared: they are large, and read only as far as they were written */
    w.text = (struct text){text, (const uint8_t *)text + size};
    w.members = members;
    w.count = count;
    w.total = w.depth = 0;
    w.wanted = NULL;
    w.names = w.used = 0;
    for (size_t i = 0; i < count; i++)
        members[i].value = (struct assay_json){0};
    bool ok = walk(&w);
    *total = w.total;
    return ok;
}

/* Behind the bracket that closes what begins here; the text is known to be right. */
static const uint8_t *skip_nested(const uint8_t *p)
{
    unsigned depth = 0;
    for (bool string = false;; p++) {
        if (*p == '"')
            string = !string;
        else if (string && *p == '\\')
            p++;
        else if (!string && (*p == '{' || *p == '['))
            depth++;
        else if (!string && (*p == '}' || *p == ']') && --depth == 0)
            return p + 1;
    }
}

bool assay_json_element(const struct assay_json *array, size_t *at, struct assay_json *element)
{
    struct text t;
    if (array->type != ASSAY_JSON_ARRAY)
        return false;
    t.at = array->start + (*at ? *at : 1);
    t.end = array->start + array->size;
    skip_space(&t);
    if (*t.at == ',') {
        t.at++;
        skip_space(&t);
    }
    if (*t.at == ']')
        return false;
    if (*t.at == '{' || *t.at == '[') {
        *element =
            (struct assay_json){.type = *t.at == '{' ? ASSAY_JSON_OBJECT : ASSAY_JSON_ARRAY, .start = t.at};
        t.at = skip_nested(t.at);
        element->size = (size_t)(t.at - element->start);
    } else if (!read_scalar(&t, element)) {
        return false;
    }
    *at = (size_t)(t.at - array->start);
    return true;
}
