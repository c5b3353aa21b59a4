/**
 * What goes wrong in the vocabulary. It stands on its own and not on kit, because the dashboard carries the vocabulary into
 * browsers, where kit's disks and sockets do not exist.
 */

export type VocabularyCode =
  | 'decimal.not-a-number'
  | 'decimal.out-of-range'
  | 'decimal.too-precise'
  | 'decimal.unit'
  | 'entity.duplicate-instance'
  | 'entity.unknown-attribute'
  | 'entity.unknown-type'
  | 'extension.conflict'
  | 'install.refused'
  | 'urn.local-id';

export class VocabularyError extends Error {
  override readonly name = 'VocabularyError';
  readonly code: VocabularyCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: VocabularyCode, message: string, context: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.context = context;
  }
}
