/** Where the entities of all tenants lie packed: the pages, the texts they share, and one writer and reader for all. */

import type { Entity } from '../entity/model.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { ColumnShelf } from './column.js';
import { NameTable } from './names.js';
import { packEntity, unpackBare, unpackEntity, unpackOnly } from './packed.js';
import { Pages } from './pages.js';

export class Shelf {
  readonly names = new NameTable();
  readonly pages = new Pages();
  readonly columns = new ColumnShelf();
  readonly #writer = new ByteWriter();
  readonly #reader = new ByteReader();

  /** Good until the next call: the pages take a copy. */
  pack(entity: Entity): Uint8Array {
    this.#writer.restart();
    packEntity(entity, this.#writer, this.names);
    return this.#writer.written();
  }

  entity(owner: number, id: string, types: readonly string[]): Entity {
    this.pages.read(owner, this.#reader);
    return unpackEntity(id, this.#reader, this.names, types);
  }

  /** The entity with its attributes of this name and no others. */
  only(name: string, owner: number, id: string, types: readonly string[]): Entity {
    this.pages.read(owner, this.#reader);
    return unpackOnly({ name, number: this.names.known(name) }, id, this.#reader, this.names, types);
  }

  /** The entity without its attributes. */
  bare(owner: number, id: string, types: readonly string[]): Entity {
    this.pages.read(owner, this.#reader);
    return unpackBare(id, this.#reader, this.names, types);
  }

  clear(): void {
    this.names.clear();
    this.pages.clear();
    this.columns.clear();
  }
}
