/** What history does otherwise when it plays another server: in the store and in what it makes of a notification. */

import type { CellRules, ColumnKind } from './notify/attributes.js';
import { kindOf } from './store/cast.js';

export interface Dialect extends CellRules {
  /** Names of types and attributes that fold alike are one. */
  readonly fold: (name: string) => string;
  /** A row at a key that has one is another row, not the same one again or its revision. */
  readonly countsRepeats: boolean;
  /** What the first value of an attribute makes of its column. */
  readonly kindOf: (value: unknown) => ColumnKind;
  /** An answer holds the rows, too, in which none of the attributes asked for is said. */
  readonly tellsNulls: boolean;
  /** All attributes of a notified entity go to one time index, whenever each was observed. */
  readonly hasOneTimeIndex: boolean;
  /** `location_centroid` is kept beside a location. */
  readonly addsCentroid: boolean;
}

export const OURS: Dialect = {
  fold: (name) => name,
  countsRepeats: false,
  kindOf,
  tellsNulls: false,
  hasOneTimeIndex: false,
  addsCentroid: false,
  keepsInstances: true,
  keepsAllKinds: true,
};
