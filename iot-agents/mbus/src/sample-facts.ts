/** What the launcher, the simulators and whoever provisions the sample agree on. Of no weight to load. */

export const SAMPLE_SEED = 'tulip-street';
export const SAMPLE_BUS_METERS = 3;
export const SAMPLE_RADIO_METERS = 5;
/** S3-02 reads a substation every five minutes and every ten seconds; the sample shows it moving. */
export const SAMPLE_READ_SECONDS = 20;
export const SAMPLE_RADIO_SECONDS = 30;
