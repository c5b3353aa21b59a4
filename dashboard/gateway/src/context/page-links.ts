/** Where the next and the previous page are (GS CIM 009, 6.3.10): the question as it came, but for the two numbers. */

export interface PageShown {
  /** Path as the client knows it. */
  readonly path: string;
  readonly query: string;
  readonly limit: number;
  readonly offset: number;
  readonly hasMore: boolean;
}

export function pageLinks({ path, query, limit, offset, hasMore }: PageShown): string | undefined {
  if (limit === 0) return undefined;
  const at = (from: number, most: number): string => {
    const parameters = new URLSearchParams(query);
    parameters.set('limit', String(most));
    parameters.set('offset', String(from));
    return `<${path}?${parameters}>`;
  };
  const links = [
    ...(hasMore ? [`${at(offset + limit, limit)};rel="next"`] : []),
    // It ends where this one begins, so that walking back tells everything once.
    ...(offset > 0 ? [`${at(Math.max(0, offset - limit), Math.min(limit, offset))};rel="prev"`] : []),
  ];
  return links.length === 0 ? undefined : links.join(', ');
}

/** Of the broker's Link header, what concerns pages, with our path before. */
export function relayedLinks(header: string | undefined, prefix: string): string | undefined {
  const links = (header ?? '').split(/,\s*(?=<)/).filter((link) => /;\s*rel="(?:next|prev)"/.test(link));
  const ours = links.flatMap((link) => (link.startsWith('</') ? [`<${prefix}${link.slice(1)}`] : []));
  return ours.length === 0 ? undefined : ours.join(', ');
}
