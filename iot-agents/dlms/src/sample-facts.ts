/** What the launcher and whoever provisions the sample agree on. Of no weight to load. */

export const SAMPLE_DLMS_SEED = 1;
export const SAMPLE_DLMS_METERS = 4;
/** As often as the street beside it speaks by itself. */
export const SAMPLE_DLMS_SECONDS = 10;
