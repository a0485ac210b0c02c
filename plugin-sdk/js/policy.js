// Joins a policy to the contract: what the server calls is answered here.
import { configured, explain, pluginInfo } from './info.js';
import { Push } from './push.js';
import { Repository } from './repository.js';

function judged(plugin, wirePush, wireRepository) {
  const config = configured(plugin);
  const push = new Push(wirePush);
  const answer = plugin.check(config, push, new Repository(wireRepository));
  if (typeof answer?.then === 'function') throw new Error('check must not be async: there is nothing to wait for, and a request waits for its answer by itself');
  return push.updates.map((update) => update.verdict());
}

/** The exports of the worlds `policy` and `policy-online`. */
export function policy(plugin, about) {
  if (typeof plugin.check !== 'function') throw new TypeError('src/plugin.js exports no function `check`');
  return {
    pluginInfo: pluginInfo(plugin, about),
    pushPolicy: {
      check(push, repository) {
        try {
          return judged(plugin, push, repository);
        } catch (error) {
          console.error(error);
          throw { message: explain(error) };
        }
      },
    },
  };
}
