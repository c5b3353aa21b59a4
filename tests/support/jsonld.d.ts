/** The little of jsonld that our comparison uses. */
declare module 'jsonld' {
  type JsonLdNode = Readonly<Record<string, unknown>>;
  interface JsonLdOptions {
    readonly documentLoader?: (url: string) => Promise<never>;
  }
  const jsonld: {
    expand(document: unknown, options?: JsonLdOptions): Promise<readonly JsonLdNode[]>;
    compact(document: unknown, context: unknown, options?: JsonLdOptions): Promise<JsonLdNode>;
  };
  export default jsonld;
}
