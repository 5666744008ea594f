import type { CauseCases } from '../cause-case.js';
import { tool, written } from '../evidence.js';

export const RUBY_PHP_PERL_CASES: readonly CauseCases[] = [
  {
    id: 'gem-build-log',
    takesOut: /(?<=siteconf)[^.]+/g,
    shows: [
      written(
        'var/lib/gems/extensions/x86_64-linux/3.1.0/json-2.6.3/gem_make.out',
        '/usr/bin/ruby -I /usr/lib/ruby -r ./siteconf20261123-7-1abc2d.rb extconf.rb\ncreating Makefile\n',
        '/usr/bin/ruby -I /usr/lib/ruby -r ./siteconf20261124-9-9xyz8w.rb extconf.rb\ncreating Makefile\n',
        'as RubyGems writes it',
      ),
    ],
    misses: [
      written(
        'var/lib/gems/extensions/x86_64-linux/3.1.0/json-2.6.3/gem_make.out',
        '/usr/bin/ruby -r ./siteconf20261123-7-1abc2d.rb extconf.rb\ncreating Makefile\n',
        '/usr/bin/ruby -r ./siteconf20261124-9-9xyz8w.rb extconf.rb --evil\ncreating Makefile\n',
        'another option',
      ),
    ],
  },
  {
    id: 'gemspec-date',
    takesOut: /(?<=s\.date = ")[-\d]+/g,
    shows: [
      tool('gemspec-date', 'var/lib/gems/specifications/thing-1.gemspec', 'gem build and gem install on two days'),
    ],
    misses: [
      written(
        'var/lib/gems/specifications/thing-1.gemspec',
        '  s.date = "2026-11-23"\n  s.version = "1"\n',
        '  s.date = "2026-11-24"\n  s.version = "2"\n',
        'another version',
      ),
    ],
  },
  {
    id: 'composer-suffix',
    takesOut: /(?<=Init)[0-9a-f]{32}/g,
    shows: [
      written(
        'app/vendor/autoload.php',
        `<?php\nreturn ComposerAutoloaderInit${'a'.repeat(32)}::getLoader();\n`,
        `<?php\nreturn ComposerAutoloaderInit${'b'.repeat(32)}::getLoader();\n`,
        'as Composer writes it',
      ),
    ],
    misses: [
      written(
        'app/vendor/autoload.php',
        `<?php\nreturn ComposerAutoloaderInit${'a'.repeat(32)}::getLoader();\n`,
        `<?php\nsystem('x'); return ComposerAutoloaderInit${'b'.repeat(32)}::getLoader();\n`,
        'another statement',
      ),
    ],
  },
  {
    id: 'perllocal',
    takesOut: /(?<=^=head2 ).*(?=: C<)/gm,
    shows: [
      tool('perllocal', 'usr/local/lib/perl/perllocal.pod', 'ExtUtils::Command::MM perllocal_install on two days'),
    ],
    misses: [
      written(
        'usr/lib/perllocal.pod',
        '=head2 Mon Nov 23 12:44:34 2026: C<Module> L<A|A>\n',
        '=head2 Tue Nov 24 13:50:41 2026: C<Module> L<B|B>\n',
        'another module',
      ),
    ],
  },
  {
    id: 'r-built',
    takesOut: /(?<=Built: R 4\.2\.2; ; )[^;]+/g,
    shows: [
      written(
        'usr/lib/R/site-library/a/DESCRIPTION',
        'Package: a\nVersion: 1\nBuilt: R 4.2.2; ; 2026-11-23 12:44:34 UTC; unix\n',
        'Package: a\nVersion: 1\nBuilt: R 4.2.2; ; 2026-11-24 13:50:41 UTC; unix\n',
        'as R CMD INSTALL writes it',
      ),
    ],
    misses: [
      written(
        'usr/lib/R/site-library/a/DESCRIPTION',
        'Package: a\nVersion: 1\nBuilt: R 4.2.2; ; 2026-11-23 12:44:34 UTC; unix\n',
        'Package: a\nVersion: 1\nBuilt: R 4.3.0; ; 2026-11-24 13:50:41 UTC; unix\n',
        'another version of R',
      ),
    ],
  },
];
