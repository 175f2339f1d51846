-- Which logical database a connection is, and which connections stand for the others: JSON, name → connection_id.
ALTER TABLE connections ADD COLUMN logical_database TEXT NOT NULL DEFAULT 'main';
ALTER TABLE connections ADD COLUMN other_databases TEXT NOT NULL DEFAULT '{}';
