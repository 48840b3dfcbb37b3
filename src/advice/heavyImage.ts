import { parseQuantity } from '../controls/kit/quantity.js';
import { type Advisor, silent } from './kit/advisor.js';
import { newMemoryLimitOf } from './kit/effects.js';
import { imageNameOf } from './kit/programs.js';

/** What images of that name need at least, by their documentation or their default heap. */
const needs: Readonly<Record<string, string>> = {
  cassandra: '4Gi',
  clickhouse: '4Gi',
  'clickhouse-server': '4Gi',
  elasticsearch: '2Gi',
  'gitlab-ce': '8Gi',
  'gitlab-ee': '8Gi',
  'cp-kafka': '2Gi',
  kafka: '2Gi',
  logstash: '2Gi',
  neo4j: '2Gi',
  nexus3: '4Gi',
  ollama: '8Gi',
  opensearch: '2Gi',
  oracle: '2Gi',
  sonarqube: '4Gi',
  'text-generation-inference': '16Gi',
  trino: '4Gi',
  tritonserver: '8Gi',
  'vllm-openai': '16Gi',
};

/** Looks for programs that the default memory limit is too small for. */
export const heavyImage: Advisor = {
  id: 'heavyImage',
  summary: 'An image that is known to need more memory than the limit that hardening adds.',
  source: 'the documentation of each, or the heap that it starts with',
  look(subject) {
    const { container, known } = subject;
    const limit = newMemoryLimitOf(subject);
    const name = imageNameOf(container);
    // What is known of the image itself says so, or keeps the limit away.
    if (limit === undefined || known.image !== undefined || !Object.hasOwn(needs, name)) return silent;
    const need = needs[name] ?? '';
    if ((parseQuantity(limit) ?? 0n) >= (parseQuantity(need) ?? 0n)) return silent;
    return [
      {
        field: 'image',
        says: `${name} needs ${need} of memory or more, and hardening adds a limit of ${limit}: OOMKilled`,
        write: `resources.limits.memory: ${need}, or what it is measured to need`,
      },
    ];
  },
};
