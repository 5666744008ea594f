import type { LoadedDocument } from '../image/load.js';
import type { JsonNode } from '../json/value.js';
import { isForWindows, isLegacyConfigField } from './config.js';
import { compareFields } from './document.js';
import { CONFIG_SHAPE, memberShape } from './document-schema.js';
import type { Finding } from './finding.js';

/**
 * What a container gets from the config: all members of `/config`, unknown ones included, but for those that say how
 * the image came to be (the rule `legacy-fields`) and `OnBuild`, which only a build reads.
 * Source: image-spec, config.md, "Properties", and conversion.md.
 */
export class RuntimeConfig {
  readonly #config0: LoadedDocument;
  readonly #config1: LoadedDocument;
  readonly #windows: boolean;

  constructor(config0: LoadedDocument, config1: LoadedDocument) {
    this.#config0 = config0;
    this.#config1 = config1;
    this.#windows = isForWindows(config0) || isForWindows(config1);
  }

  /**
   * The members of `/config` in which the two differ, each once; `''` where not both have members. Known by the two
   * documents, not by rules. An absent field and an empty one that the specification names are one.
   */
  differing(): string[] {
    const names = new Set<string>();
    const { shape } = memberShape(CONFIG_SHAPE, 'config');
    const [node0, node1] = [configMember(this.#config0), configMember(this.#config1)];
    compareFields(node0, node1, ['config'], shape, new Set(), ({ steps, bothEmpty }) => {
      const [, name = ''] = steps;
      if (!bothEmpty && this.#reachesContainer(name)) names.add(MARK + name);
    });
    return [...names].map((name) => name.slice(MARK.length));
  }

  /** Whether a container gets what `finding` tells of. */
  isTold({ subject, steps, excuses }: Finding): boolean {
    if (subject !== 'config' || steps?.[0] !== 'config') return false;
    const onlyEmpty = excuses.some((excuse) => excuse.length === 1 && excuse[0] === 'empty-fields');
    return !onlyEmpty && this.#reachesContainer(steps[1] ?? '');
  }

  #reachesContainer(name: string): boolean {
    return name !== 'OnBuild' && !isLegacyConfigField(name, this.#windows);
  }
}

/* V8 before March 2026 (CVE-2026-21717) hashes a string of digits to its number: with a mark, names cannot collide. */
const MARK = '/';

function configMember({ json }: LoadedDocument): JsonNode | undefined {
  return json.root.type === 'object' ? json.root.members.get('config')?.value : undefined;
}
