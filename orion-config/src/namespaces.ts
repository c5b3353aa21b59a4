/** Whose words we use: the IRI in front of each term. Smart Data Models where they have the word, ours where they do not. */

export const NAMESPACES = {
  contor: 'https://contor.example/vocabulary/',
  core: 'https://uri.etsi.org/ngsi-ld/',
  terms: 'http://purl.org/dc/terms/',
  common: 'https://smartdatamodels.org/',
  alert: 'https://smartdatamodels.org/dataModel.Alert/',
  building: 'https://smartdatamodels.org/dataModel.Building/',
  consumption: 'https://smartdatamodels.org/dataModel.Consumption/',
  device: 'https://smartdatamodels.org/dataModel.Device/',
  energy: 'https://smartdatamodels.org/dataModel.Energy/',
  energyCim: 'https://smartdatamodels.org/dataModel.EnergyCIM/',
  environment: 'https://smartdatamodels.org/dataModel.Environment/',
  water: 'https://smartdatamodels.org/dataModel.WaterConsumption/',
} as const;

export type Namespace = keyof typeof NAMESPACES;

export function iriOf(namespace: Namespace, name: string): string {
  return NAMESPACES[namespace] + name;
}
