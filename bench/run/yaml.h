/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML files into structs (libcyaml), with errors that name the file, the line, the key and what is valid
 * there.
 */
#ifndef ASSAY_YAML_H
#define ASSAY_YAML_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>

/* A choice of yes and no, which libcyaml's own boolean takes anything for. */
extern const cyaml_strval_t assay_yaml_yes[4];

/* top: the schema of the document, a mapping with CYAML_FLAG_POINTER. false: why is "FILE:LINE: …", and
 * nothing is to be freed. Aliases are refused: they make a small file large. */
bool assay_yaml_load(const char *path, const cyaml_schema_value_t *top, void **out, char *why,
                     size_t why_size);
void assay_yaml_free(const cyaml_schema_value_t *top, void *data);

/* The line (from 1) on which a key with a value is: the `nth` (from 0) line whose key is `key` and whose
 * value begins with `value` (NULL: any); else the nth that holds the value; else the key's first. 0: none.
 * For what a schema cannot say about a value. */
unsigned assay_yaml_line(const char *path, const char *key, const char *value, unsigned nth);

#endif
