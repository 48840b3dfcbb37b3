import * as z from 'zod';
import { policySchema } from './schema.js';

/** A key that a policy may have, or a value. */
export interface KnownKey {
  readonly key: string;
  readonly description: string;
}

/** The keys that a policy may have at a path; none where a value stands, or nothing at all. */
export function keysAt(path: readonly PropertyKey[]): KnownKey[] {
  const schema = schemaAt(path);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).map(([key, value]) => ({
    key,
    description: value.description ?? bare(value).description ?? '',
  }));
}

/** The values that a policy may have at a path, where they can be counted. */
export function valuesAt(path: readonly PropertyKey[]): string[] {
  const schema = schemaAt(path);
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(String);
  return schema instanceof z.ZodBoolean ? ['true', 'false'] : [];
}

function schemaAt(path: readonly PropertyKey[]): z.ZodType | undefined {
  let schema: z.ZodType | undefined = policySchema;
  for (const key of path) {
    const around: z.ZodType | undefined = schema && bare(schema);
    if (around instanceof z.ZodObject) schema = (around.shape as Record<PropertyKey, z.ZodType>)[key];
    else if (around instanceof z.ZodArray) schema = around.element as z.ZodType;
    else if (around instanceof z.ZodRecord) schema = around.valueType as z.ZodType;
    else return undefined;
  }
  return schema && bare(schema);
}

/** Without what only says that it may be left out. */
function bare(schema: z.ZodType): z.ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapper ? bare(schema.def.innerType as z.ZodType) : schema;
}
