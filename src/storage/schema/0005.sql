-- When somebody took production from a connection: its page goes on saying so. NULL: it never was, or is production.
ALTER TABLE connections ADD COLUMN production_until_ms INTEGER;
