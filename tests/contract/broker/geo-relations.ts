/** Which places stand in which relation to a geometry. GS CIM 009 V1.9.1, 4.10; OGC 06-103r4, 6.1.15. */

export const SQUARE = [
  [
    [0, 0],
    [4, 0],
    [4, 4],
    [0, 4],
    [0, 0],
  ],
];
export const HOLE = [
  [1, 1],
  [3, 1],
  [3, 3],
  [1, 3],
  [1, 1],
];

/** georel, reference geometry, and the places found. Squares and lines are in degrees, near in metres. */
export const RELATIONS: readonly (readonly [georel: string, geometry: string, coordinates: unknown, found: string])[] =
  [
    ['near;maxDistance==2000', 'Point', [8, 40], 'q'],
    ['near;maxDistance==2000', 'Point', [8.02, 40], 'q'],
    ['near;maxDistance==2000', 'Point', [8.03, 40], ''],
    ['near;maxDistance==1.2e2', 'Point', [2, 2.001], 'pd'],
    ['near;minDistance==200000', 'Point', [2, 2], 'qd'],
    ['near;minDistance==100000', 'Point', [2, 2], 'qhd'],
    [
      'near;maxDistance==1000',
      'LineString',
      [
        [0, 2],
        [9, 2],
      ],
      'pld',
    ],
    ['near;maxDistance==1000', 'Polygon', SQUARE, 'pahd'],
    ['near;minDistance==1000;maxDistance==6000000', 'Point', [2, 2], 'qh'],
    ['within', 'Polygon', SQUARE, 'pahd'],
    [
      'within',
      'Polygon',
      [
        [
          [-1, -1],
          [10, -1],
          [10, 10],
          [-1, 10],
          [-1, -1],
        ],
      ],
      'plahmd',
    ],
    ['within', 'Polygon', [...SQUARE, HOLE], 'h'],
    [
      'within',
      'MultiPolygon',
      [
        SQUARE,
        [
          [
            [5, 5],
            [9.5, 5],
            [9.5, 9.5],
            [5, 9.5],
            [5, 5],
          ],
        ],
      ],
      'pahmd',
    ],
    [
      'within',
      'LineString',
      [
        [0, 2],
        [9, 2],
      ],
      'pld',
    ],
    ['within', 'Point', [2, 2], 'pd'],
    ['contains', 'Point', [2, 2], 'pamd'],
    ['contains', 'Point', [0.5, 0.5], 'ah'],
    ['contains', 'Point', [0, 0], ''],
    [
      'contains',
      'LineString',
      [
        [3, 2],
        [4, 2],
      ],
      'lah',
    ],
    ['contains', 'Polygon', [HOLE], 'a'],
    ['intersects', 'Point', [4, 4], 'ah'],
    [
      'intersects',
      'Polygon',
      [
        [
          [1.5, 1.5],
          [2.5, 1.5],
          [2.5, 2.5],
          [1.5, 2.5],
          [1.5, 1.5],
        ],
      ],
      'plamd',
    ],
    [
      'intersects',
      'LineString',
      [
        [4, 3],
        [9, 3],
      ],
      'ah',
    ],
    [
      'intersects',
      'MultiPoint',
      [
        [8, 40],
        [2, 2],
      ],
      'pqlamd',
    ],
    [
      'intersects',
      'MultiLineString',
      [
        [
          [5, 0],
          [5, 5],
        ],
        [
          [8, 39],
          [8, 41],
        ],
      ],
      'ql',
    ],
    [
      'disjoint',
      'Polygon',
      [
        [
          [1.5, 1.5],
          [2.5, 1.5],
          [2.5, 2.5],
          [1.5, 2.5],
          [1.5, 1.5],
        ],
      ],
      'qhd',
    ],
    ['disjoint', 'Point', [4, 4], 'pqlmd'],
    ['equals', 'Point', [8, 40], 'q'],
    [
      'equals',
      'LineString',
      [
        [6, 2],
        [3, 2],
        [2, 2],
      ],
      'l',
    ],
    [
      'equals',
      'Polygon',
      [
        [
          [4, 4],
          [0, 4],
          [0, 0],
          [4, 0],
          [4, 4],
        ],
      ],
      'a',
    ],
    [
      'equals',
      'MultiPoint',
      [
        [9, 9],
        [2, 2],
      ],
      'm',
    ],
    [
      'overlaps',
      'Polygon',
      [
        [
          [2, 2],
          [6, 2],
          [6, 6],
          [2, 6],
          [2, 2],
        ],
      ],
      'ah',
    ],
    [
      'overlaps',
      'Polygon',
      [
        [
          [4, 0],
          [8, 0],
          [8, 4],
          [4, 4],
          [4, 0],
        ],
      ],
      '',
    ],
    [
      'overlaps',
      'LineString',
      [
        [4, 2],
        [9, 2],
      ],
      'l',
    ],
    [
      'overlaps',
      'MultiPoint',
      [
        [2, 2],
        [3, 3],
      ],
      'm',
    ],
  ];
