/** Counts checks for the suites that jest does not run, prints each with its outcome, and ends with "N passed, N failed". */

export class Tally {
  passed = 0;
  failed = 0;

  /** Runs one check; a thrown error is its failure and the suite goes on. */
  async check(name: string, body: () => unknown): Promise<boolean> {
    const startedAt = performance.now();
    try {
      await body();
      this.passed += 1;
      console.log(`ok    ${name} (${Math.round(performance.now() - startedAt)} ms)`);
      return true;
    } catch (error) {
      this.failed += 1;
      console.log(`FAIL  ${name}\n      ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return false;
    }
  }

  /** The closing line and the exit code. A suite that checked nothing has failed. */
  end(): never {
    if (this.passed + this.failed === 0) this.failed = 1;
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exit(this.failed === 0 ? 0 : 1);
  }
}
