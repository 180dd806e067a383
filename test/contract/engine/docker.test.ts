import { engineContract } from './contract.ts';
import { openDockerHarness } from './docker-harness.ts';

engineContract('Docker', openDockerHarness);
