/**
 * What the SDK imports of ajv, ajv-formats, zod/v3 and zod-to-json-schema, without content. It would check answers to
 * elicitations and convert schemas with them; this server asks its users nothing, and publishes schemas of its own.
 */
export default function ajvOrFormats(): void {}
export const zodToJsonSchema = undefined;
