import { applications } from './applications.js';
import { bitnami } from './bitnami.js';
import { clusterServices } from './clusterServices.js';
import { databases } from './databases.js';
import { languages } from './languages.js';
import { messaging } from './messaging.js';
import { observability } from './observability.js';
import type { ImageRecord } from './record.js';
import { webServers } from './webServers.js';

/** What is known of the most used public images: facts read from their Dockerfiles and entrypoints, one record an
 *  image. */
export const imageRecords: readonly ImageRecord[] = [
  ...applications,
  ...bitnami,
  ...clusterServices,
  ...databases,
  ...languages,
  ...messaging,
  ...observability,
  ...webServers,
];
